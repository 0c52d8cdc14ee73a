//! Exceptions: rules of one tenant, of one segment, or of a segment of a tenant.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rules;
use crate::engine::calendar::Calendar;
use crate::engine::customer::Customer;
use crate::model::customer::encode;

/// Rules that hold for some customers in place of the general ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    /// The tenant; none: whatever the tenant.
    pub tenant: Option<String>,
    /// The segment that the profile names; none: whatever the segment.
    pub segment: Option<String>,
    /// All that holds for them. Time and duplicate detection are the partition's: those of the general rules count.
    pub rules: Rules,
}

/// Finds the rules of a customer.
pub(in crate::engine) struct RuleBook {
    /// The general ones first.
    all: Vec<(Arc<Rules>, Calendar)>,
    /// Places in `all`: by tenant as keys write it, then by segment; "" stands for all others.
    places: BTreeMap<Box<str>, BTreeMap<Box<str>, usize>>,
}

impl RuleBook {
    pub(in crate::engine) fn new(rules: Arc<Rules>) -> RuleBook {
        let mut book = RuleBook { all: Vec::new(), places: BTreeMap::new() };
        for exception in &rules.exceptions {
            let mut tenant = String::new();
            encode(&mut tenant, exception.tenant.as_deref().unwrap_or(""));
            let segment = exception.segment.as_deref().unwrap_or("");
            let place = book.all.len() + 1;
            book.places.entry(tenant.into()).or_default().insert(segment.into(), place);
            book.all.push((Arc::new(exception.rules.clone()), Calendar::new(&exception.rules.calendar)));
        }
        let calendar = Calendar::new(&rules.calendar);
        book.all.insert(0, (rules, calendar));
        book
    }

    /// The general rules.
    pub(in crate::engine) fn general(&self) -> &Rules {
        &self.all[0].0
    }

    /// The rules and the business hours of a customer: the most special that fit, a tenant's before a segment's.
    pub(in crate::engine) fn of(&self, customer: &Customer) -> (&Rules, &Calendar) {
        let place = if self.places.is_empty() { 0 } else { self.place(customer) };
        let (rules, calendar) = &self.all[place];
        (rules, calendar)
    }

    fn place(&self, customer: &Customer) -> usize {
        let segment = customer.profile.as_ref().and_then(|p| p.segment.as_deref()).unwrap_or("");
        let at = |tenant: &str, segment: &str| self.places.get(tenant)?.get(segment).copied();
        let tenant = customer.key.written_tenant();
        at(tenant, segment).or_else(|| at(tenant, "")).or_else(|| at("", segment)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::customer::Profile;
    use crate::model::CustomerKey;

    fn exception(tenant: Option<&str>, segment: Option<&str>, version: u32) -> Exception {
        let rules = Rules { version, ..Rules::default() };
        Exception { tenant: tenant.map(str::to_owned), segment: segment.map(str::to_owned), rules }
    }

    #[test]
    fn the_most_special_rules_that_fit_hold() {
        let exceptions = vec![
            exception(Some("acme"), None, 2),
            exception(None, Some("vip"), 3),
            exception(Some("acme"), Some("vip"), 4),
        ];
        let book = RuleBook::new(Arc::new(Rules { exceptions, ..Rules::default() }));
        for (tenant, segment, version) in [
            ("acme", None, 2),
            ("acme", Some("vip"), 4),
            ("acme", Some("new"), 2),
            ("other", None, 1),
            ("other", Some("vip"), 3),
            ("other", Some("new"), 1),
        ] {
            let mut customer = Customer::new(CustomerKey::new(tenant, "c"));
            let profile = Profile { segment: segment.map(Into::into), ..Profile::default() };
            customer.profile = Some(Box::new(profile));
            assert_eq!(book.of(&customer).0.version, version, "{tenant} {segment:?}");
        }
    }
}
