//! The customers of a cohort by id: an exact set up to a limit, so that each can be told and none is counted twice.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::hold::{Cause, Hold};
use crate::engine::Effect;
use crate::engine::tight::push_tight;
use crate::model::{CohortKey, CustomerKey, Partition, Time};

/// Customers known by id. With ids of the greatest length they still fit into one record of the changelog.
pub const MEMBERS_MAX: usize = 2_048;

/// One customer of a cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member<T> {
    /// Their id as it stands in their key, without the tenant.
    id: Box<str>,
    /// The partition of customers that they were last heard of from: there they are reached.
    home: i32,
    /// Whether they were told that an alert holds theirs.
    held: bool,
    /// What is known of them.
    pub is: T,
}

/// The customers of a cohort, in order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Members<T>(ThinVec<Member<T>>);

fn id_of(key: &CustomerKey) -> &str {
    key.as_str().split_once('/').map_or("", |(_, id)| id)
}

impl<T: Default> Members<T> {
    /// What is known of a customer, who becomes a member; none if there is no room for another.
    pub fn get_or_insert(&mut self, key: &CustomerKey, home: Partition) -> Option<&mut T> {
        let id = id_of(key);
        let index = match self.0.binary_search_by(|m| (*m.id).cmp(id)) {
            Ok(index) => index,
            Err(_) if self.0.len() >= MEMBERS_MAX => return None,
            Err(index) => {
                // Grows by a quarter; then the newcomer goes to its place.
                push_tight(&mut self.0, Member { id: id.into(), home: home.0, held: false, is: T::default() });
                self.0[index..].rotate_right(1);
                index
            }
        };
        let member = &mut self.0[index];
        member.home = home.0;
        Some(&mut member.is)
    }

    /// What is known of a customer, if they are one of them.
    pub fn get(&self, key: &CustomerKey) -> Option<&T> {
        let index = self.0.binary_search_by(|m| (*m.id).cmp(id_of(key))).ok()?;
        Some(&self.0[index].is)
    }

    /// Forgets a customer.
    pub fn remove(&mut self, key: &CustomerKey) -> Option<T> {
        let index = self.0.binary_search_by(|m| (*m.id).cmp(id_of(key))).ok()?;
        Some(self.0.remove(index).is)
    }

    /// A customer is known by another name from now on; `join` what is known of them under both.
    pub fn rename(&mut self, from: &CustomerKey, into: &CustomerKey, join: impl FnOnce(&mut T, T)) {
        let Ok(index) = self.0.binary_search_by(|m| (*m.id).cmp(id_of(from))) else { return };
        let mut member = self.0.remove(index);
        let id = id_of(into);
        match self.0.binary_search_by(|m| (*m.id).cmp(id)) {
            Ok(index) => {
                let known = &mut self.0[index];
                known.held |= member.held;
                join(&mut known.is, member.is);
            }
            Err(index) => {
                member.id = id.into();
                self.0.insert(index, member);
            }
        }
    }

    /// What is known of each.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|m| &m.is)
    }

    /// The same, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|m| &mut m.is)
    }

    /// Keeps those of whom `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.0.retain(|m| keep(&m.is) || m.held);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells members of an alert that holds them, or that it does not any more: whom it concerns and does not know yet.
    pub(super) fn tell(
        &mut self,
        cohort: &CohortKey,
        alert_id: &str,
        cause: Option<&Cause>,
        at: Time,
        concerns: impl Fn(&T) -> bool,
        effects: &mut Vec<Effect>,
    ) {
        for member in &mut self.0 {
            let wanted = cause.is_some() && concerns(&member.is);
            if member.held == wanted || cause.is_some() && !wanted {
                continue;
            }
            member.held = wanted;
            let customer = CustomerKey::from_written(&format!("{}/{}", cohort.tenant_written(), member.id));
            let home = Partition(member.home);
            let hold = Hold { customer, alert_id: alert_id.into(), cause: cause.cloned(), at };
            effects.push(Effect::Hold(home, Box::new(hold)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_counted_once_and_found_again() {
        let mut members = Members::<u32>::default();
        for id in ["b", "a", "c", "b", "a"] {
            *members.get_or_insert(&CustomerKey::new("t", id), Partition(0)).unwrap() += 1;
        }
        assert_eq!(members.iter().copied().collect::<Vec<_>>(), [2, 2, 1]);
        assert!(members.get(&CustomerKey::new("t", "c")).is_some());
        assert_eq!(members.remove(&CustomerKey::new("t", "c")), Some(1));
        assert!(members.get(&CustomerKey::new("t", "c")).is_none());
    }

    #[test]
    fn a_customer_under_two_names_is_one_member_from_then_on() {
        let key = |id: &str| CustomerKey::new("t", id);
        for (ids, want) in [("abc", "bc"), ("ac", "bc"), ("bc", "bc"), ("a", "b")] {
            let mut members = Members::<u32>::default();
            for id in ids.chars() {
                *members.get_or_insert(&key(&id.to_string()), Partition(0)).unwrap() += 1;
            }
            members.rename(&key("a"), &key("b"), |own, theirs| *own += theirs);
            let left: String = members.0.iter().map(|m| &*m.id).collect();
            assert_eq!((&*left, members.iter().sum::<u32>()), (want, ids.len() as u32), "{ids}");
        }
    }

    #[test]
    fn there_is_room_for_so_many() {
        let mut members = Members::<()>::default();
        for n in 0..MEMBERS_MAX + 5 {
            let fits = members.get_or_insert(&CustomerKey::new("t", &n.to_string()), Partition(0)).is_some();
            assert_eq!(fits, n < MEMBERS_MAX);
        }
        assert_eq!(members.len(), MEMBERS_MAX);
    }
}
