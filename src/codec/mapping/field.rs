//! One field of a mapping, from TOML to a rule.

use std::ops::Range;

use toml::de::DeTable;

use super::document::{Document, Literal, MappingError, Node};
use super::paths::{Paths, Slot};
use super::rule::{Convert, From, OnError, Piece, Rule};
use super::value::{Pattern, TimeFormat};
use crate::codec::values::Shape;

/// The constants that a field may turn out to be, each with its place.
pub(super) type Constants = Vec<(Range<usize>, Literal)>;

/// An entry of a table of constants: its key, the key's place, and the constant's JSON.
type Entry<'n> = (&'n str, Range<usize>, Box<str>);

/// Reads fields; the paths they name go into `paths`.
pub(super) struct FieldReader<'d, 't> {
    pub(super) document: &'d Document<'t>,
    pub(super) paths: &'d mut Paths,
}

const KEYS: [&str; 12] = [
    "from",
    "format",
    "hash",
    "map",
    "match",
    "bands",
    "scale",
    "offset",
    "time_format",
    "timezone",
    "default",
    "on_error",
];

impl<'t> FieldReader<'_, 't> {
    /// The rule that `node` declares for `target`, and every constant in it.
    pub(super) fn rule(
        &mut self,
        target: &'static str,
        shape: Shape,
        node: &Node<'t>,
    ) -> Result<(Rule, Constants), MappingError> {
        let document = self.document;
        let mut constants = Vec::new();
        let Some(table) = node.get_ref().as_table() else {
            let literal = document.literal(node)?;
            let default = Some(literal.json().into());
            constants.push((node.span(), literal));
            let rule = Rule {
                target,
                shape,
                from: From::Nothing,
                convert: Convert::Take,
                default,
                on_error: OnError::DeadLetter,
            };
            return Ok((rule, constants));
        };
        document.check_keys(table, "key", &KEYS)?;
        let default = match table.get("default") {
            Some(node) => {
                let literal = document.literal(node)?;
                constants.push((node.span(), literal.clone()));
                Some(literal.json().into())
            }
            None => None,
        };
        let on_error = match table.get("on_error") {
            Some(node) => match document.text(node, "on_error")? {
                "dead-letter" => OnError::DeadLetter,
                "default" => OnError::Default,
                "drop" => OnError::Drop,
                other => {
                    return Err(document.unknown(node.span(), "choice", other, &["dead-letter", "default", "drop"]));
                }
            },
            None => OnError::DeadLetter,
        };
        let from = self.source(node)?;
        let convert = self.convert(table, shape, &mut constants)?;
        Ok((Rule { target, shape, from, convert, default, on_error }, constants))
    }

    /// Where a value comes from: a path, a list of paths, or a table with one of `from`, `format`, `hash`.
    pub(super) fn source(&mut self, node: &Node<'t>) -> Result<From, MappingError> {
        let Some(table) = node.get_ref().as_table() else { return Ok(From::First(self.slots(node)?)) };
        let given: Vec<_> =
            ["from", "format", "hash"].into_iter().filter_map(|key| Some((key, table.get(key)?))).collect();
        match given[..] {
            [("from", node)] => Ok(From::First(self.slots(node)?)),
            [("format", node)] => Ok(From::Format(self.pieces(node)?)),
            [("hash", node)] if node.get_ref().as_str() == Some("record") => Ok(From::HashOfRecord),
            [("hash", node)] => Ok(From::Hash(self.slots(node)?)),
            _ => Err(self.document.error(node.span(), "needs exactly one of `from`, `format`, `hash`")),
        }
    }

    pub(super) fn slot(&mut self, node: &Node) -> Result<Slot, MappingError> {
        let path = self.document.text(node, "a path")?;
        self.paths.slot(path).map_err(|wrong| self.document.error(node.span(), wrong))
    }

    fn slots(&mut self, node: &Node<'t>) -> Result<Vec<Slot>, MappingError> {
        let slots: Vec<Slot> =
            self.document.list(node).into_iter().map(|path| self.slot(path)).collect::<Result<_, _>>()?;
        if slots.is_empty() { Err(self.document.error(node.span(), "needs at least one path")) } else { Ok(slots) }
    }

    /// `{path}` stands for a value, `{{` and `}}` for braces.
    fn pieces(&mut self, node: &Node) -> Result<Vec<Piece>, MappingError> {
        let document = self.document;
        let mut rest = document.text(node, "format")?;
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        while let Some(brace) = rest.find(['{', '}']) {
            plain.push_str(&rest[..brace]);
            let at = &rest[brace..];
            if at.starts_with("{{") || at.starts_with("}}") {
                plain.push_str(&at[..1]);
                rest = &at[2..];
                continue;
            }
            let inside = at.strip_prefix('{').and_then(|at| at.split_once('}'));
            let Some((path, after)) = inside else {
                return Err(document.error(node.span(), "a brace that is not `{path}` is written twice"));
            };
            let slot = self.paths.slot(path).map_err(|wrong| document.error(node.span(), wrong))?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
            }
            pieces.push(Piece::Value(slot));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain.into()));
        }
        Ok(pieces)
    }

    fn convert(&self, table: &DeTable<'t>, shape: Shape, constants: &mut Constants) -> Result<Convert, MappingError> {
        let document = self.document;
        let groups: [(&[&str], Option<Shape>); 4] = [
            (&["map", "match"], None),
            (&["bands"], None),
            (&["scale", "offset"], Some(Shape::Number)),
            (&["time_format", "timezone"], Some(Shape::Time)),
        ];
        let mut given = Vec::new();
        for (keys, only_for) in groups {
            let Some(node) = keys.iter().find_map(|key| table.get(*key)) else { continue };
            if only_for.is_some_and(|only| only != shape && shape != Shape::Any) {
                return Err(document.error(node.span(), format!("`{}` does not suit this field", keys[0])));
            }
            given.push((keys[0], node.span()));
        }
        match &given[..] {
            [] if shape == Shape::Time => Ok(Convert::Time(vec![TimeFormat::Rfc3339])),
            [] => Ok(Convert::Take),
            [("map", _)] => {
                let words = self.constants(table.get("map"), constants)?;
                let patterns = self.constants(table.get("match"), constants)?;
                let words = words.into_iter().map(|(word, _, to)| (word.into(), to)).collect();
                Ok(Convert::Words(words, patterns.into_iter().map(|(word, _, to)| (Pattern::new(word), to)).collect()))
            }
            [("bands", _)] => {
                let bands = self.constants(table.get("bands"), constants)?.into_iter().map(|(from, span, to)| {
                    let from = from.parse::<f64>().ok().filter(|from| from.is_finite());
                    Ok((from.ok_or_else(|| document.error(span, "the lower bound of a band must be a number"))?, to))
                });
                let mut bands: Vec<(f64, Box<str>)> = bands.collect::<Result<_, _>>()?;
                bands.sort_by(|(a, _), (b, _)| a.total_cmp(b));
                Ok(Convert::Bands(bands))
            }
            [("scale", _)] => {
                let number = |key, otherwise| table.get(key).map_or(Ok(otherwise), |node| document.number(node, key));
                Ok(Convert::Scale(number("scale", 1.0)?, number("offset", 0.0)?))
            }
            [(_, _)] => self.time_formats(table).map(Convert::Time),
            [(first, _), (second, span), ..] => {
                Err(document.error(span.clone(), format!("`{second}` cannot be used together with `{first}`")))
            }
        }
    }

    /// The entries of a table of constants.
    fn constants<'n>(
        &self,
        node: Option<&'n Node<'t>>,
        constants: &mut Constants,
    ) -> Result<Vec<Entry<'n>>, MappingError> {
        let Some(node) = node else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for (key, value) in self.document.table(node, "this")? {
            let literal = self.document.literal(value)?;
            entries.push((&**key.get_ref(), key.span(), literal.json().into()));
            constants.push((value.span(), literal));
        }
        Ok(entries)
    }

    /// The formats to be tried, in order.
    fn time_formats(&self, table: &DeTable<'t>) -> Result<Vec<TimeFormat>, MappingError> {
        let document = self.document;
        let zone = match table.get("timezone") {
            None => jiff::tz::TimeZone::UTC,
            Some(node) => {
                let name = document.text(node, "timezone")?;
                jiff::tz::TimeZone::get(name)
                    .map_err(|_| document.error(node.span(), format!("there is no time zone `{name}`")))?
            }
        };
        let written = table.get("time_format").map(|node| document.list(node)).unwrap_or_default();
        let formats: Vec<TimeFormat> =
            written.into_iter().map(|node| self.time_format(node, &zone)).collect::<Result<_, _>>()?;
        let has_pattern = formats.iter().any(|format| matches!(format, TimeFormat::Pattern(..)));
        match table.get("timezone") {
            Some(node) if !has_pattern => {
                Err(document.error(node.span(), "`timezone` needs a pattern as `time_format`"))
            }
            _ if formats.is_empty() => Ok(vec![TimeFormat::Rfc3339]),
            _ => Ok(formats),
        }
    }

    fn time_format(&self, node: &Node, zone: &jiff::tz::TimeZone) -> Result<TimeFormat, MappingError> {
        let document = self.document;
        match document.text(node, "time_format")? {
            "rfc3339" => Ok(TimeFormat::Rfc3339),
            "unix_s" => Ok(TimeFormat::UnixSeconds),
            "unix_ms" => Ok(TimeFormat::UnixMillis),
            pattern if pattern.contains('%') => {
                // Whoever can write a time by the pattern can read one by it.
                jiff::fmt::strtime::format(pattern, &jiff::Timestamp::UNIX_EPOCH.to_zoned(zone.clone()))
                    .map_err(|error| document.error(node.span(), format!("no pattern of times: {error}")))?;
                Ok(TimeFormat::Pattern(pattern.to_owned(), zone.clone()))
            }
            other => {
                let known = ["rfc3339", "unix_s", "unix_ms", "a pattern such as %d/%m/%Y %H:%M"];
                Err(document.unknown(node.span(), "time format", other, &known))
            }
        }
    }
}
