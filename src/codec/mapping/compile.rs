//! TOML to a mapping: everything that can be wrong with a mapping is found here, before the first record.

use std::ops::Range;

use toml::de::DeTable;

use super::document::{Document, Literal, MappingError, Node};
use super::field::{Constants, FieldReader};
use super::paths::Paths;
use super::rule::{From, OnError, Rule};
use super::value::{Pattern, Test, TestKind};
use super::{Mapping, Template};
use crate::codec::event::takes;
use crate::codec::fields::data_fields;
use crate::codec::values::Shape;
use crate::model::EventType;

/// The fields around `data`, in the order in which they are written: the type before the data that it explains.
const ENVELOPE: [&str; 10] =
    ["id", "source", "type", "time", "tenant", "customer_id", "account_id", "channel", "lang", "correlation_id"];

pub(super) fn compile(name: &str, toml: &str) -> Result<Mapping, MappingError> {
    let document = Document { name, text: toml };
    let root = document.parse()?;
    let root = root.get_ref();
    let keys = ["name", "description", "select", "unmatched", "drop_if", "common", "event"];
    document.check_keys(root, "key", &keys)?;
    let text_of = |key: &str| root.get(key).map(|node| document.text(node, key)).transpose();
    let mut compiler = Compiler { document: &document, paths: Paths::default() };
    let select = match root.get("select") {
        Some(node) => Some(compiler.reader().source(node)?),
        None => None,
    };
    let unmatched = match root.get("unmatched") {
        Some(node) => match document.text(node, "unmatched")? {
            "drop" => OnError::Drop,
            "dead-letter" => OnError::DeadLetter,
            other => return Err(document.unknown(node.span(), "choice", other, &["drop", "dead-letter"])),
        },
        None => OnError::Drop,
    };
    let drop_if = compiler.tests(root.get("drop_if"))?;
    let common = root.get("common").map(|node| document.table(node, "common")).transpose()?;
    if let Some(common) = common {
        document.check_keys(common, "field", &ENVELOPE)?;
    }
    let events = root.get("event").ok_or_else(|| document.error(0..0, "a mapping needs at least one [[event]]"))?;
    let templates = document
        .list(events)
        .into_iter()
        .map(|event| compiler.template(event, common, select.is_some()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Mapping {
        name: text_of("name")?.unwrap_or(name.strip_suffix(".toml").unwrap_or(name)).to_owned(),
        description: text_of("description")?.unwrap_or_default().to_owned(),
        select: select.unwrap_or(From::Nothing),
        unmatched,
        drop_if,
        templates,
        paths: compiler.paths,
    })
}

struct Compiler<'d, 't> {
    document: &'d Document<'t>,
    paths: Paths,
}

impl<'t> Compiler<'_, 't> {
    fn reader(&mut self) -> FieldReader<'_, 't> {
        FieldReader { document: self.document, paths: &mut self.paths }
    }

    fn template(
        &mut self,
        event: &Node<'t>,
        common: Option<&DeTable<'t>>,
        selected: bool,
    ) -> Result<Template, MappingError> {
        let document = self.document;
        let table = document.table(event, "an event")?;
        let keys = [&["match", "when", "drop_if", "data"][..], &ENVELOPE].concat();
        document.check_keys(table, "field", &keys)?;
        if let Some(node) = table.get("match")
            && !selected
        {
            return Err(document.error(node.span(), "`match` needs `select` at the top of the mapping"));
        }
        let matches = table.get("match").map(|node| document.list(node)).unwrap_or_default().into_iter();
        let matches = matches.map(|node| Ok(Pattern::new(document.text(node, "match")?)));

        let mut types = None;
        let mut envelope = Vec::new();
        for target in ENVELOPE {
            let Some(node) = table.get(target).or_else(|| common?.get(target)) else { continue };
            let shape = if target == "time" { Shape::Time } else { Shape::Text };
            let (rule, constants) = self.reader().rule(target, shape, node)?;
            if target == "type" {
                types = Some(self.types(&rule, &constants)?);
            }
            self.check_constants(&rule, &constants, types.as_deref().unwrap_or(&[EventType::Unknown]))?;
            envelope.push(rule);
        }
        let types = types.unwrap_or_default();
        let about_nobody = types.iter().all(|event_type| event_type.may_be_about_nobody());
        for required in ["id", "source", "type", "time", "customer_id"] {
            let given = envelope.iter().any(|rule| rule.target == required);
            if !given && (required != "customer_id" || !about_nobody) {
                return Err(document.error(event.span(), format!("the event has no `{required}`")));
            }
        }
        let data = match table.get("data") {
            Some(node) => self.data(document.table(node, "data")?, &types)?,
            None => Vec::new(),
        };
        Ok(Template {
            matches: matches.collect::<Result<_, _>>()?,
            when: self.tests(table.get("when"))?.into_iter().flatten().collect(),
            drop_if: self.tests(table.get("drop_if"))?,
            envelope,
            data,
        })
    }

    /// The types that the event may turn out to be.
    fn types(&self, rule: &Rule, constants: &Constants) -> Result<Vec<EventType>, MappingError> {
        let known: Vec<&str> = EventType::ALL.iter().map(|event_type| event_type.name()).collect();
        if !rule.is_closed() {
            return Ok(EventType::ALL.to_vec());
        }
        let of = |(span, literal): &(Range<usize>, Literal)| match literal {
            Literal::Text(name) if known.contains(&name.as_str()) => Ok(EventType::parse(name)),
            Literal::Text(name) => Err(self.document.unknown(span.clone(), "event type", name, &known)),
            _ => Err(self.document.error(span.clone(), "an event type must be text")),
        };
        constants.iter().map(of).collect()
    }

    fn data(&mut self, table: &DeTable<'t>, types: &[EventType]) -> Result<Vec<Rule>, MappingError> {
        let fields: Vec<(&'static str, Shape)> = types.iter().flat_map(|event_type| data_fields(*event_type)).collect();
        let names: Vec<&str> = fields.iter().filter_map(|(name, _)| name.strip_prefix("data.")).collect();
        let mut rules = Vec::new();
        for (key, node) in table {
            let Some(place) = names.iter().position(|name| name == key.get_ref()) else {
                return Err(self.document.unknown(key.span(), "field of this type's data", key.get_ref(), &names));
            };
            let (target, shape) = fields[place];
            let having: Vec<EventType> = types
                .iter()
                .copied()
                .filter(|event_type| data_fields(*event_type).iter().any(|(name, _)| *name == target))
                .collect();
            let (rule, constants) = self.reader().rule(target, shape, node)?;
            self.check_constants(&rule, &constants, &having)?;
            rules.push(rule);
        }
        Ok(rules)
    }

    /// Refuses constants that the field could not hold.
    fn check_constants(&self, rule: &Rule, constants: &Constants, types: &[EventType]) -> Result<(), MappingError> {
        for (span, literal) in constants {
            let json = literal.json();
            if !types.iter().all(|event_type| takes(*event_type, rule.target, &json)) {
                return Err(self.document.error(span.clone(), format!("`{}` cannot be {json}", rule.target)));
            }
        }
        Ok(())
    }

    /// Tests of a list of tables: within a table all must hold.
    fn tests(&mut self, node: Option<&Node<'t>>) -> Result<Vec<Vec<Test>>, MappingError> {
        let Some(node) = node else { return Ok(Vec::new()) };
        self.document.list(node).into_iter().map(|test| self.test(test)).collect()
    }

    fn test(&mut self, node: &Node<'t>) -> Result<Vec<Test>, MappingError> {
        let document = self.document;
        let table = document.table(node, "a test")?;
        let Some(field) = table.get("field") else {
            return Err(document.error(node.span(), "a test needs a `field`"));
        };
        let slot = self.reader().slot(field)?;
        let mut tests = Vec::new();
        for (key, value) in table {
            let kind = match &**key.get_ref() {
                "field" => continue,
                "present" => TestKind::Present(document.bool(value, "present")?),
                "empty" => TestKind::Empty(document.bool(value, "empty")?),
                "equals" => TestKind::Equals(document.literal(value)?),
                "differs" => TestKind::Differs(document.literal(value)?),
                "one_of" => TestKind::OneOf(
                    document.list(value).into_iter().map(|item| document.literal(item)).collect::<Result<_, _>>()?,
                ),
                "like" => TestKind::Like(Pattern::new(document.text(value, "like")?)),
                "below" => TestKind::Below(document.number(value, "below")?),
                "above" => TestKind::Above(document.number(value, "above")?),
                other => {
                    let known = ["field", "present", "empty", "equals", "differs", "one_of", "like", "below", "above"];
                    return Err(document.unknown(key.span(), "test", other, &known));
                }
            };
            tests.push(Test { slot, kind });
        }
        if tests.is_empty() {
            return Err(document.error(node.span(), "a test must say what it asks: present, empty, equals, ..."));
        }
        Ok(tests)
    }
}
