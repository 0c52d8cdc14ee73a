//! The sentences of one language, compiled: layers -> one template for each kind and form.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::io;

use minijinja::{Environment, Error, ErrorKind, Output, State, Template, UndefinedBehavior, Value};

use super::Text;
use super::facts::{self, Moment, Quality};
use super::form::Form;
use super::language::Language;
use super::layer::{Layer, Part, Piece, WordingError};
use crate::model::Kind;
use crate::model::event::Dimension;

/// Longest title and body, in bytes, that a user's template may give.
const TITLE_BYTES_MAX: usize = 200;
const BODY_BYTES_MAX: usize = 4_000;
/// Longest word, in bytes, for a dimension of service quality.
const WORD_BYTES_MAX: usize = 60;

/// One language, ready to speak.
pub(super) struct Voice {
    env: Environment<'static>,
    /// By kind.
    titles: Vec<Sentence>,
    /// By kind, then by form.
    bodies: Vec<Sentence>,
}

enum Sentence {
    /// Says the same whatever the facts.
    Fixed(String),
    /// Name of a template in the environment.
    Template(String),
}

impl Voice {
    /// Compiles what `layers` say, later ones before earlier ones, a kind's own sentence before one for every kind.
    pub(super) fn compile(language: Language, layers: &[Layer]) -> Result<Voice, WordingError> {
        let env = environment(language, dimensions(layers)?);
        let mut voice = Voice { env, titles: Vec::new(), bodies: Vec::new() };
        // Many forms of a kind say the same: each source is compiled once.
        let mut names = HashMap::new();
        for &kind in Kind::ALL {
            let title = voice.sentence(layers, kind, Part::Title, &mut names)?;
            voice.titles.push(title);
            for &form in Form::ALL {
                let body = voice.sentence(layers, kind, Part::Body(form), &mut names)?;
                voice.bodies.push(body);
            }
        }
        Ok(voice)
    }

    fn sentence(
        &mut self,
        layers: &[Layer],
        kind: Kind,
        part: Part,
        names: &mut HashMap<String, String>,
    ) -> Result<Sentence, WordingError> {
        let find = |part: Part| -> Option<(&Layer, &Piece)> {
            let of = |kind| layers.iter().rev().find_map(|layer| Some((layer, layer.pieces.get(&(kind, part))?)));
            of(Some(kind)).or_else(|| of(None))
        };
        let (layer, piece) =
            find(part).ok_or_else(|| incomplete(layers, format!("{} has no `{}`", kind.name(), part.name())))?;
        let mut missing = None;
        let source = splice(&piece.text, |inner| match find(inner) {
            Some((_, piece)) => piece.text.trim(),
            None => {
                missing = Some(inner);
                ""
            }
        });
        if let Some(inner) = missing {
            let problem = format!("{} has no `{}` to put in here", kind.name(), inner.name());
            return Err(WordingError { file: layer.file.clone(), line: piece.line, problem });
        }
        let source = tidy(&source);
        if !source.contains('{') {
            return Ok(Sentence::Fixed(source));
        }
        if let Some(name) = names.get(&source) {
            return Ok(Sentence::Template(name.clone()));
        }
        let name = names.len().to_string();
        self.env.add_template_owned(name.clone(), source.clone()).map_err(|e| located(layer, piece, &e, None))?;
        names.insert(source, name.clone());
        Ok(Sentence::Template(name))
    }

    /// What an alert of `kind` says in `form`; none if a template fails on these facts.
    pub(super) fn text(&self, kind: Kind, form: Form, speech: &Value) -> Option<Text> {
        let body = &self.bodies[kind as usize * Form::ALL.len() + form as usize];
        Some(Text { title: self.title(kind, speech)?, body: self.say(body, speech)? })
    }

    /// The title alone.
    pub(super) fn title(&self, kind: Kind, speech: &Value) -> Option<String> {
        self.say(&self.titles[kind as usize], speech)
    }

    fn say(&self, sentence: &Sentence, speech: &Value) -> Option<String> {
        match sentence {
            Sentence::Fixed(text) => Some(text.clone()),
            Sentence::Template(name) => render(&self.env.get_template(name).ok()?, speech).ok(),
        }
    }
}

/// How the language calls each dimension, in their order.
fn dimensions(layers: &[Layer]) -> Result<Vec<String>, WordingError> {
    let word = |&dimension: &Dimension| {
        let piece = layers.iter().rev().find_map(|layer| layer.pieces.get(&(None, Part::Dimension(dimension))));
        let missing = || incomplete(layers, format!("there is no word for `{}`", dimension.name()));
        piece.map(|piece| tidy(&piece.text)).ok_or_else(missing)
    };
    Dimension::ALL.iter().map(word).collect()
}

fn incomplete(layers: &[Layer], problem: String) -> WordingError {
    WordingError { file: layers.first().map_or(String::new(), |layer| layer.file.clone()), line: 1, problem }
}

/// Renders every sentence of a user's file by itself, for every combination of facts of its kinds.
pub(super) fn check(language: Language, layer: &Layer) -> Result<(), WordingError> {
    let env = environment(language, Dimension::ALL.iter().map(|dimension| dimension.name().to_owned()).collect());
    let mut pieces: Vec<_> = layer.pieces.iter().collect();
    pieces.sort_by_key(|(_, piece)| piece.line);
    for ((kind, part), piece) in pieces {
        let error =
            |problem: &str| WordingError { file: layer.file.clone(), line: piece.line, problem: problem.into() };
        if matches!(part, Part::Dimension(_)) {
            let word = tidy(&piece.text);
            if word.is_empty() || word.len() > WORD_BYTES_MAX || word.contains('{') {
                return Err(error("a dimension is called by a word of at most 60 bytes, and that is no template"));
            }
            continue;
        }
        // A word in the place of each part that is put in: the lines stay where they are.
        let bodies = matches!(part, Part::Body(_));
        let source = if bodies { splice(&piece.text, |_| "…") } else { piece.text.clone() };
        let template = env.template_from_str(&source).map_err(|e| located(layer, piece, &e, None))?;
        let used: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
        let unknown = |name: &&String| !facts::NAMES.contains(&name.as_str()) && !is_global(&env, name);
        if let Some(name) = used.iter().find(unknown) {
            let line = source.find(name).map_or(0, |at| source[..at].matches('\n').count());
            let problem = format!("no fact is called `{name}`; there are {}", facts::NAMES.join(", "));
            return Err(WordingError { line: piece.line + line, ..error(&problem) });
        }
        let kinds = kind.as_ref().map_or(Kind::ALL, std::slice::from_ref);
        for speech in kinds.iter().flat_map(|kind| facts::every_speech(*kind, &used)) {
            let absent = absent_names(&speech, &used);
            let text = template.render(speech.into_value()).map_err(|e| located(layer, piece, &e, Some(&absent)))?;
            let text = tidy(&text);
            let is_title = *part == Part::Title;
            if text.is_empty() && (is_title || bodies) {
                return Err(error("says nothing for some facts"));
            }
            if text.len() > if is_title { TITLE_BYTES_MAX } else { BODY_BYTES_MAX } {
                return Err(error(if is_title { "a title beyond 200 bytes" } else { "a body beyond 4,000 bytes" }));
            }
        }
    }
    Ok(())
}

fn is_global(env: &Environment<'_>, name: &str) -> bool {
    env.globals().any(|(global, _)| global == name)
}

fn absent_names(speech: &facts::Speech, used: &BTreeSet<String>) -> String {
    let value = speech.clone().into_value();
    let absent = |name: &&&str| used.contains(**name) && value.get_attr(name).is_ok_and(|fact| fact.is_none());
    facts::NAMES.iter().filter(absent).copied().collect::<Vec<_>>().join(", ")
}

/// An error of the template engine at its place in the file. `absent`: the facts that were absent when it was rendered.
fn located(layer: &Layer, piece: &Piece, error: &Error, absent: Option<&str>) -> WordingError {
    let mut problem = match (error.kind(), error.detail()) {
        (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    if let Some(absent) = absent.filter(|absent| !absent.is_empty()) {
        write!(problem, " (when absent: {absent})").expect("a String takes everything");
    }
    WordingError { file: layer.file.clone(), line: piece.line + error.line().map_or(0, |line| line - 1), problem }
}

/// `dimensions`: what each of `Dimension::ALL` is called.
pub(super) fn environment(language: Language, dimensions: Vec<String>) -> Environment<'static> {
    let mut env = Environment::new();
    // A misspelt fact is an error, not an empty place.
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    env.set_formatter(move |out: &mut Output<'_>, state: &State<'_, '_>, value: &Value| {
        if value.is_none() {
            return Err(invalid("a fact is printed that may be absent: put it into {% if … %}"));
        }
        if let Some(moment) = value.downcast_object_ref::<Moment>() {
            let mut text = String::with_capacity(40);
            language.write_date_time(&mut text, moment.0);
            return out.write_str(&text).map_err(|_| invalid("no room for a date"));
        }
        if let Some(quality) = value.downcast_object_ref::<Quality>() {
            return out.write_str(&dimensions[quality.0 as usize]).map_err(|_| invalid("no room for a word"));
        }
        minijinja::escape_formatter(out, state, value)
    });
    env.add_filter("code", |value: &Value| -> Result<&'static str, Error> {
        let quality = value.downcast_object_ref::<Quality>().ok_or_else(|| not_a("code", "a dimension"))?;
        Ok(quality.0.name())
    });
    env.add_filter("date", move |value: &Value| -> Result<String, Error> {
        let moment = value.downcast_object_ref::<Moment>().ok_or_else(|| not_a("date", "a time"))?;
        let mut text = String::with_capacity(40);
        language.write_date(&mut text, moment.0);
        Ok(text)
    });
    env.add_filter("plural", move |value: &Value, first: &str, other: &str| -> Result<Value, Error> {
        let n = value.as_i64().and_then(|n| u64::try_from(n).ok()).ok_or_else(|| not_a("plural", "a number"))?;
        Ok(Value::from(if language.takes_first_form(n) { first } else { other }))
    });
    env
}

fn invalid(problem: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}

fn not_a(filter: &str, wanted: &str) -> Error {
    let problem = format!("`{filter}` wants {wanted}; a fact that may be absent goes into {{% if … %}}");
    Error::new(ErrorKind::InvalidOperation, problem)
}

/// Puts the parts named by `{{ what }}`, `{{ advice }}`, `{{ mistake }}` and `{{ settled }}` into a body's source.
pub(super) fn splice<'a>(source: &'a str, mut text_of: impl FnMut(Part) -> &'a str) -> String {
    let mut out = String::with_capacity(source.len() + 512);
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, behind)) = after.split_once("}}") else {
            rest = &rest[before.len()..];
            break;
        };
        match Part::INNER.into_iter().find(|part| part.name() == name.trim()) {
            Some(part) => out.push_str(text_of(part)),
            None => {
                out.push_str("{{");
                out.push_str(name);
                out.push_str("}}");
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Renders into `Joined`. `template` comes from a source that went through `tidy`.
fn render(template: &Template<'_, '_>, speech: &Value) -> Result<String, Error> {
    let mut joined = Joined(Vec::with_capacity(512));
    template.render_captured_to(speech, &mut joined)?;
    if joined.0.last() == Some(&b' ') {
        joined.0.pop();
    }
    Ok(String::from_utf8(joined.0).expect("the engine writes whole strings, and only blanks are left out"))
}

/// Takes the pieces of a text, each tidy by itself, and leaves out the blanks that are one too many between them.
struct Joined(Vec<u8>);

impl io::Write for Joined {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let mut rest = piece;
        match (self.0.last(), piece.first()) {
            (None | Some(b' '), Some(b' ')) => rest = &piece[1..],
            (Some(b' '), Some(first)) if follows_closely(*first) => {
                self.0.pop();
            }
            _ => {}
        }
        self.0.extend_from_slice(rest);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether no blank stands before it.
fn follows_closely(byte: u8) -> bool {
    matches!(byte, b'.' | b',' | b';' | b':' | b'!' | b'?' | b')')
}

/// Joins lines, and takes out blanks that are one too many: templates may be laid out freely.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !out.is_empty() && !follows_closely(word.as_bytes()[0]) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_that_a_template_leaves_are_taken_out() {
        for (text, tidied) in [
            ("", ""),
            (" \n ", ""),
            ("a", "a"),
            ("\n  a  b\n  c \n", "a b c"),
            ("a ,b ; c .", "a,b; c."),
            ("ñ  é\n.", "ñ é."),
            (" (a )", "(a)"),
        ] {
            assert_eq!(tidy(text), tidied);
        }
    }

    #[test]
    fn parts_are_put_into_a_body_and_facts_are_left() {
        for (source, spliced) in [
            ("{{ what }} {{advice}}", "<what> <advice>"),
            ("{{ count }} {{ mistake }}.", "{{ count }} <mistake>."),
            ("{{ title }}", "{{ title }}"),
            ("{{ what", "{{ what"),
            ("a {% if x %}{{ what }}{% endif %}", "a {% if x %}<what>{% endif %}"),
        ] {
            let text_of = |part| match part {
                Part::What => "<what>",
                Part::Advice => "<advice>",
                _ => "<mistake>",
            };
            assert_eq!(splice(source, text_of), spliced);
        }
    }
}
