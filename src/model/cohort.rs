//! Many customers with one thing in common: an incident, a site, who served them, an account.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::customer::{decode, encode};

/// What the customers of a cohort have in common. Ids are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Common {
    /// An incident.
    Incident(String),
    /// A place, and the shift if events name one.
    Site {
        /// The place.
        site: String,
        /// The shift.
        shift: Option<String>,
    },
    /// Who promised or served: `team:north`, `agent:a7`.
    Team(String),
    /// The account they belong to.
    Account(String),
}

/// Names one cohort of one tenant: `tenant/scope`, where scope is `incident:ID`, `site:ID[:SHIFT]`, `team:ID`,
/// `agent:ID` or `account:ID`, percent-encoded as a customer's key, so that it is the beginning of every `dedup_key`.
///
/// An account may be a person: `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CohortKey(Box<str>);

impl CohortKey {
    /// Of an incident.
    pub fn incident(tenant: &str, incident_id: &str) -> CohortKey {
        CohortKey::written(tenant, "incident:", &[incident_id])
    }

    /// Of a site, or one shift of it. A colon within either is encoded, so that no two keys are alike.
    pub fn site(tenant: &str, site: &str, shift: Option<&str>) -> CohortKey {
        let parts: Vec<String> = [Some(site), shift].into_iter().flatten().map(without_colon).collect();
        let mut key = CohortKey::start(tenant);
        key.push_str("site:");
        key.push_str(&parts.join(":"));
        CohortKey(key.into())
    }

    /// Of who promised, as `by` says: `team:north`, `agent:a7`; a bare name is a team's.
    pub fn team(tenant: &str, by: &str) -> CohortKey {
        match by.split_once(':') {
            Some(("team" | "agent", id)) if !id.is_empty() => CohortKey::written(tenant, "", &[by]),
            _ => CohortKey::written(tenant, "team:", &[by]),
        }
    }

    /// Of who served, as `agent_id` says: a bare name is an agent's.
    pub fn agent(tenant: &str, agent_id: &str) -> CohortKey {
        match agent_id.split_once(':') {
            Some(("team" | "agent", id)) if !id.is_empty() => CohortKey::written(tenant, "", &[agent_id]),
            _ => CohortKey::written(tenant, "agent:", &[agent_id]),
        }
    }

    /// Of an account.
    pub fn account(tenant: &str, account_id: &str) -> CohortKey {
        CohortKey::written(tenant, "account:", &[account_id])
    }

    /// Of what `scope` names, such as `incident:i1`, decoded; none if it is no cohort's scope.
    pub fn of_scope(tenant: &str, scope: &str) -> Option<CohortKey> {
        let (family, id) = scope.split_once(':').filter(|(_, id)| !id.is_empty())?;
        match family {
            "site" => {
                // As it was written: colons within are encoded.
                let mut key = CohortKey::start(tenant);
                key.push_str(scope);
                Some(CohortKey(key.into()))
            }
            "incident" | "team" | "agent" | "account" => Some(CohortKey::written(tenant, family, &[":", id])),
            _ => None,
        }
    }

    fn start(tenant: &str) -> String {
        let mut key = String::with_capacity(tenant.len() + 24);
        encode(&mut key, tenant);
        key.push('/');
        key
    }

    fn written(tenant: &str, family: &str, id: &[&str]) -> CohortKey {
        let mut key = CohortKey::start(tenant);
        key.push_str(family);
        for part in id {
            encode(&mut key, part);
        }
        CohortKey(key.into())
    }

    /// A key in its written form.
    pub fn from_written(written: &str) -> CohortKey {
        CohortKey(written.into())
    }

    /// The written form, `tenant/scope`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tenant, decoded.
    pub fn tenant(&self) -> String {
        decode(self.tenant_written())
    }

    /// The tenant as it is written in every key of its customers.
    pub fn tenant_written(&self) -> &str {
        self.0.split_once('/').map_or("", |(tenant, _)| tenant)
    }

    /// The scope as it is written: key of its alerts in the topic.
    pub fn scope(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, scope)| scope)
    }

    /// What its customers have in common.
    pub fn common(&self) -> Common {
        let (family, id) = self.scope().split_once(':').unwrap_or(("", self.scope()));
        match family {
            "incident" => Common::Incident(decode(id)),
            "site" => {
                let (site, shift) = id.split_once(':').map_or((id, None), |(site, shift)| (site, Some(shift)));
                Common::Site { site: decode(site), shift: shift.map(decode) }
            }
            "account" => Common::Account(decode(id)),
            _ => Common::Team(decode(self.scope())),
        }
    }
}

fn without_colon(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    encode(&mut out, part);
    out.replace(':', "%3A")
}

impl Borrow<str> for CohortKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for CohortKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CohortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CohortKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_beginning_of_dedup_keys_and_tells_what_is_common() {
        let site = |site: &str, shift: Option<&str>| Common::Site { site: site.into(), shift: shift.map(Into::into) };
        for (key, written, common) in [
            (CohortKey::incident("acme", "i/1"), "acme/incident:i%2F1", Common::Incident("i/1".into())),
            (CohortKey::site("a/b", "downtown", None), "a%2Fb/site:downtown", site("downtown", None)),
            (CohortKey::site("a", "d:t", Some("night")), "a/site:d%3At:night", site("d:t", Some("night"))),
            (CohortKey::team("a", "north"), "a/team:north", Common::Team("team:north".into())),
            (CohortKey::team("a", "team:north"), "a/team:north", Common::Team("team:north".into())),
            (CohortKey::team("a", "agent:a7"), "a/agent:a7", Common::Team("agent:a7".into())),
            (CohortKey::agent("a", "a7"), "a/agent:a7", Common::Team("agent:a7".into())),
            (CohortKey::account("a", "9"), "a/account:9", Common::Account("9".into())),
        ] {
            assert_eq!(key.as_str(), written);
            assert_eq!(key.common(), common, "{written}");
        }
    }

    #[test]
    fn a_scope_names_its_cohort_and_a_customers_id_does_not() {
        for (scope, written) in [
            ("incident:i/1", Some("t/incident:i%2F1")),
            ("site:d%3At:night", Some("t/site:d%3At:night")),
            ("team:north", Some("t/team:north")),
            ("agent:a7", Some("t/agent:a7")),
            ("c-1", None),
            ("team:", None),
            ("crm:77", None),
        ] {
            assert_eq!(CohortKey::of_scope("t", scope).as_ref().map(CohortKey::as_str), written, "{scope}");
        }
    }
}
