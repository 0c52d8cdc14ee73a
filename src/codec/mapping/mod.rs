//! Foreign JSON onto canonical events, declared in TOML and compiled once.
//!
//! One pass over the record collects the wanted values; an event template writes canonical JSON from them, which
//! `codec::event` then reads, so that every check of an event lives in one place. A record gives one event or none.
//!
//! ```toml
//! description = "Orders of the web shop"
//! select = "kind"                                # the value that chooses the template
//!
//! [common]                                       # fields of every template
//! source = "shop"                                # a plain value is a constant
//! time = { from = "created", time_format = "unix_ms" }
//! customer_id = { from = ["customer.id", "guest.email_hash"] }
//!
//! [[event]]
//! match = "order.*"                              # what `select` must find; `*` stands for anything
//! drop_if = [{ field = "test", equals = true }]
//! type = "purchase.completed"
//! id = { format = "{order}-{line}" }
//! data.amount = { from = "cents", scale = 0.01 }
//! ```
//!
//! A field is a constant, or a table:
//!
//! - where the value comes from: `from` a path, or several of which the first that is there counts; `format`, a text
//!   with `{path}` in it; or `hash`, a name made of the values at some paths, or of the whole `"record"`;
//! - what becomes of it, at most one of: `map` exact texts and `match` texts with `*` to constants; `bands` from lower
//!   bounds to constants; `scale` and `offset`; `time_format`, one or several to be tried of `rfc3339`, `unix_s`,
//!   `unix_ms` or a pattern of strptime with its `timezone`;
//! - `default`: a constant where there is no value, or none that `map`, `match` or `bands` knows;
//! - `on_error`, if the value cannot be converted: `dead-letter`, `default` (or else nothing), or `drop` the record.
//!
//! A test (`drop_if`: any of them, `when`: all of them) asks about one `field`: `present`, `empty`, `equals`, `differs`,
//! `one_of`, `like`, `below`, `above`.

mod compile;
mod document;
mod field;
mod paths;
mod rule;
mod value;

pub use document::MappingError;

use self::paths::{Paths, Values};
use self::rule::{From, OnError, Rule};
use self::value::{Pattern, Test};
use super::event::check_json;
use super::json::Json;
use super::rejected::{MAX_RECORD_BYTES, Reason, Rejected};

/// A mapping, ready to use.
#[derive(Clone, Debug)]
pub struct Mapping {
    name: String,
    description: String,
    paths: Paths,
    /// What chooses the template.
    select: From,
    unmatched: OnError,
    drop_if: Vec<Vec<Test>>,
    templates: Vec<Template>,
}

/// One kind of event.
#[derive(Clone, Debug)]
struct Template {
    /// Of these the selected text must fit one; if there are none, any text and none at all do.
    matches: Vec<Pattern>,
    /// All of these must hold.
    when: Vec<Test>,
    /// The record is dropped if all tests of one of these hold.
    drop_if: Vec<Vec<Test>>,
    envelope: Vec<Rule>,
    data: Vec<Rule>,
}

/// The mappings that come with the program.
const BUILT_IN: &[(&str, &str)] = &[
    ("chatwoot", include_str!("../../../config/mappings/chatwoot.toml")),
    ("online-grocer", include_str!("../../../config/mappings/online-grocer.toml")),
    ("online-retail", include_str!("../../../config/mappings/online-retail.toml")),
    ("segment-track", include_str!("../../../config/mappings/segment-track.toml")),
    ("stripe", include_str!("../../../config/mappings/stripe.toml")),
    ("university", include_str!("../../../config/mappings/university.toml")),
    ("zendesk", include_str!("../../../config/mappings/zendesk.toml")),
];

impl Mapping {
    /// Compiles a mapping. `name` is what errors call it: the file's name.
    pub fn load(name: &str, toml: &str) -> Result<Mapping, MappingError> {
        compile::compile(name, toml)
    }

    /// The mapping called `name` that comes with the program.
    pub fn built_in(name: &str) -> Option<Mapping> {
        let (name, toml) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Some(Mapping::load(name, toml).expect("a test loads every mapping that comes with the program"))
    }

    /// Names of the mappings that come with the program.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it maps, in words.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Appends the canonical JSON of the event that `record` gives to `out`; `false` and nothing if it gives none.
    pub(super) fn apply(&self, record: &[u8], out: &mut Vec<u8>) -> Result<bool, Rejected> {
        if record.len() > MAX_RECORD_BYTES {
            return Err(Rejected::record(Reason::TooLarge));
        }
        let text = std::str::from_utf8(record).map_err(|_| Rejected::record(Reason::InvalidUtf8))?;
        if super::rejected::is_too_deep(record) {
            return Err(why_not_searched(text));
        }
        let values = self.paths.find(text).ok_or_else(|| why_not_searched(text))?;
        if any_all_hold(&self.drop_if, &values) {
            return Ok(false);
        }
        let selected = self.select.text(&values, record);
        let Some(template) = self.templates.iter().find(|template| template.fits(selected.as_deref(), &values)) else {
            return match self.unmatched {
                OnError::Drop | OnError::Default => Ok(false),
                OnError::DeadLetter => Err(Rejected::field(Reason::MappingFailed, "type")),
            };
        };
        if any_all_hold(&template.drop_if, &values) {
            return Ok(false);
        }
        template.write(&values, record, out)
    }
}

/// Whether all tests of one list hold.
fn any_all_hold(lists: &[Vec<Test>], values: &Values) -> bool {
    lists.iter().any(|tests| tests.iter().all(|test| test.holds(values)))
}

/// Why no values were looked for in `text`: by the order of reasons.
#[cold]
fn why_not_searched(text: &str) -> Rejected {
    match check_json(text) {
        Err(rejected) => rejected,
        Ok(()) if !text.trim_ascii_start().starts_with('{') => Rejected::record(Reason::NotAnObject),
        // Valid JSON of values that nothing can hold: half a surrogate pair, a number beyond all limits.
        Ok(()) => Rejected::record(Reason::MappingFailed),
    }
}

impl Template {
    fn fits(&self, selected: Option<&str>, values: &Values) -> bool {
        let matches = self.matches.is_empty()
            || selected.is_some_and(|text| self.matches.iter().any(|pattern| pattern.fits(text)));
        matches && self.when.iter().all(|test| test.holds(values))
    }

    fn write(&self, values: &Values, record: &[u8], out: &mut Vec<u8>) -> Result<bool, Rejected> {
        let start = out.len();
        let mut failed = None;
        Json::new(out).object(|json| {
            failed = write_fields(&self.envelope, values, record, json);
            if failed.is_none() && !self.data.is_empty() {
                json.name("data").object(|json| failed = write_fields(&self.data, values, record, json));
            }
        });
        match failed {
            None => Ok(true),
            Some(rule) => {
                out.truncate(start);
                match rule.on_error {
                    OnError::Drop => Ok(false),
                    OnError::DeadLetter | OnError::Default => Err(Rejected::field(Reason::MappingFailed, rule.target)),
                }
            }
        }
    }
}

/// Writes the fields that have a value; the first rule that could not convert its value.
fn write_fields<'r>(rules: &'r [Rule], values: &Values, record: &[u8], json: &mut Json) -> Option<&'r Rule> {
    for rule in rules {
        let before = json.len();
        json.name(rule.target.strip_prefix("data.").unwrap_or(rule.target));
        match rule.write(values, record, json) {
            Ok(true) => {}
            Ok(false) => json.cut(before),
            Err(_) => return Some(rule),
        }
    }
    None
}

#[cfg(test)]
mod tests;
