//! Looks at customers shortly before they are needed.
//!
//! Nearly every event is about another customer, whose parts lie where no cache has them: one look after the other, each
//! waits for memory. Here the same part of many customers is looked at in a row, and the processor waits for all of them
//! at once. **Invariant:** it changes nothing but speed, whatever is asked for.

use std::hint::black_box;

use super::customer::Customer;
use super::fact::Fact;
use super::store::Store;
use super::timer::Slot;

/// Customers looked at in a row: more than a processor can wait for at once, and so few that they are still at hand when
/// their turn comes.
pub const AHEAD: usize = 16;

/// What is looked at next; kept for its memory.
#[derive(Default)]
pub struct Ahead {
    hashes: Vec<u64>,
    slots: Vec<Slot>,
}

impl Ahead {
    /// Looks at the customers of `customer_ids` in `store`. `key` is the written key of any customer: they are guessed to
    /// be of the same tenant. It is overwritten.
    pub fn expect<'k>(&mut self, store: &Store, key: &mut String, customer_ids: impl Iterator<Item = &'k [u8]>) {
        let Some(tenant) = key.find('/') else { return };
        self.hashes.clear();
        for id in customer_ids.take(AHEAD) {
            let Ok(id) = std::str::from_utf8(id) else { continue };
            key.truncate(tenant + 1);
            crate::model::customer::encode(key, id);
            self.hashes.push(store.hash(key));
        }
        self.slots.clear();
        self.slots.extend(self.hashes.iter().filter_map(|hash| store.guess(*hash)));
        look_at(store, &self.slots);
    }
}

/// Looks at the customers at `slots`, if they are taken.
pub fn look_at(store: &Store, slots: &[Slot]) {
    let each = |look: fn(&Customer) -> u64| {
        black_box(slots.iter().filter_map(|slot| store.try_get(*slot)).fold(0, |seen, customer| seen ^ look(customer)));
    };
    each(itself);
    each(its_parts);
}

/// Something from every part of the memory of the customer itself.
fn itself(c: &Customer) -> u64 {
    let times = [c.highest, c.life.first, c.last_human, c.rare.intent_cleared, c.rare.left, c.returned, c.queued];
    times.iter().fold(c.key.as_str().len() as u64, |seen, time| seen ^ time.0 as u64)
}

/// Something from each of the parts that most customers have.
fn its_parts(c: &Customer) -> u64 {
    let first = |text: &str| u64::from(text.as_bytes().first().copied().unwrap_or(0));
    first(c.key.as_str())
        ^ first(c.account_id.as_deref().unwrap_or(""))
        ^ first(c.life.last.as_ref().map_or("", Fact::packed))
        ^ c.recent.len() as u64
        ^ c.panes.len() as u64
        ^ c.alerts.len() as u64
}
