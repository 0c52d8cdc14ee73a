//! Exceptions: what holds for one tenant, one segment, or a segment of a tenant, in place of the general rules.
//!
//! ```toml
//! [tenants.acme.complaints]
//! acknowledge = "4bh"
//! [tenants.acme.segments.vip.complaints]
//! acknowledge = "2bh"
//! [segments.vip.second_chance]
//! act_by = "2bh"
//! ```

use std::collections::BTreeSet;

use crate::engine::rules::Exception;

use super::checked::Config;
use super::keys::{self, Key};

/// For whom a setting holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Whose {
    /// Of this tenant only.
    pub(super) tenant: Option<String>,
    /// Of this segment only.
    pub(super) segment: Option<String>,
}

/// Combinations of tenants and segments there may be.
const MOST: usize = 1_000;

impl Whose {
    /// Whether it is everybody.
    pub(super) fn is_everybody(&self) -> bool {
        *self == Whose::default()
    }

    /// Whether what is set for `self` counts for `other` too.
    pub(super) fn covers(&self, other: &Whose) -> bool {
        let fits = |own: &Option<String>, theirs: &Option<String>| own.is_none() || own == theirs;
        fits(&self.tenant, &other.tenant) && fits(&self.segment, &other.segment)
    }

    /// How the table of its settings is called.
    pub(super) fn table(&self) -> String {
        let name = |of: &str, name: &Option<String>| name.as_ref().map(|name| format!("{of}.{}", toml_name(name)));
        [name("tenants", &self.tenant), name("segments", &self.segment)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(".")
    }
}

fn toml_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { super::shapes::toml_text(name) }
}

/// Why `key` cannot be set for some customers only.
pub(super) fn refusal(key: &Key) -> Option<&'static str> {
    match () {
        () if !key.is_rule => Some("it is the service's, not a tenant's or a segment's"),
        () if key.path.starts_with("time.") || key.path.starts_with("dedupe.") => {
            Some("time and duplicates are the partition's, whoever its customers are")
        }
        () => None,
    }
}

/// Every combination for which something of its own may hold: each that is named, and each named tenant with each named
/// segment.
///
/// # Errors
/// What to say if there are too many.
pub(super) fn combinations(named: &BTreeSet<Whose>) -> Result<Vec<Whose>, String> {
    let parts = |part: fn(&Whose) -> &Option<String>| {
        let names: BTreeSet<Option<String>> = named.iter().map(|w| part(w).clone()).chain([None]).collect();
        names
    };
    let (tenants, segments) = (parts(|w| &w.tenant), parts(|w| &w.segment));
    if tenants.len() * segments.len() > MOST {
        return Err(format!(
            "{} tenants with {} segments are more than {MOST} exceptions",
            tenants.len(),
            segments.len()
        ));
    }
    let all = tenants.iter().flat_map(|tenant| {
        segments.iter().map(move |segment| Whose { tenant: tenant.clone(), segment: segment.clone() })
    });
    // Only where something is set: a tenant without anything of its own goes by its segments.
    Ok(all.filter(|w| !w.is_everybody() && named.iter().any(|n| n.covers(w))).collect())
}

/// The settings with the rules of an exception in place of the general ones.
fn with_rules_of(config: &Config, exception: &Exception) -> Config {
    let mut own = config.clone();
    own.rules = exception.rules.clone();
    own
}

/// An exception's table name and its settings as TOML: every key for which any exception differs from the general rules,
/// so that what is written means the same whatever covers what.
pub fn differences(config: &Config, exception: &Exception) -> (String, Vec<(&'static str, String)>) {
    let whose = Whose { tenant: exception.tenant.clone(), segment: exception.segment.clone() };
    let own = with_rules_of(config, exception);
    let others: Vec<Config> = config.rules.exceptions.iter().map(|other| with_rules_of(config, other)).collect();
    let differing = keys::KEYS.iter().filter(|key| key.is_rule).filter(|key| {
        let general = (key.show)(config);
        others.iter().any(|other| (key.show)(other) != general)
    });
    (whose.table(), differing.map(|key| (key.path, (key.show)(&own))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(tenant: Option<&str>, segment: Option<&str>) -> Whose {
        Whose { tenant: tenant.map(str::to_owned), segment: segment.map(str::to_owned) }
    }

    #[test]
    fn each_named_tenant_meets_each_named_segment() {
        let named = [whose(Some("a"), None), whose(None, Some("vip")), whose(Some("b"), Some("new"))];
        let all = combinations(&named.into_iter().collect()).unwrap();
        let wanted = [
            whose(None, Some("vip")),
            whose(Some("a"), None),
            whose(Some("a"), Some("new")),
            whose(Some("a"), Some("vip")),
            whose(Some("b"), Some("new")),
            whose(Some("b"), Some("vip")),
        ];
        assert_eq!(all, wanted);
    }

    #[test]
    fn a_table_is_called_as_toml_wants_it() {
        assert_eq!(whose(Some("acme.mx"), Some("vip")).table(), r#"tenants."acme.mx".segments.vip"#);
    }
}
