//! The customers of one partition, found by key, addressed by slot.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use super::customer::Customer;
use super::timer::Slot;
use crate::model::CustomerKey;

/// Customers in blocks that never move, so that growing costs no copy of them.
const BLOCK: usize = 1 << 10;

/// All customers of a partition.
pub struct Store {
    /// Slot and upper half of the key's hash, so that most misses cost no look at the customer.
    index: HashTable<(Slot, u32)>,
    blocks: Vec<Vec<Option<Customer>>>,
    free: Vec<Slot>,
    hasher: FixedState,
}

impl Default for Store {
    fn default() -> Store {
        Store {
            index: HashTable::new(),
            blocks: Vec::new(),
            free: Vec::new(),
            hasher: FixedState::with_seed(0x6368_7572),
        }
    }
}

impl Store {
    /// How many customers there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The hash of a written key.
    pub fn hash(&self, key: &str) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The slot of the customer whose key has this hash, very likely: the key itself is not looked at.
    pub fn guess(&self, hash: u64) -> Option<Slot> {
        self.index.find(hash, |&(_, tag)| tag == tag_of(hash)).map(|(slot, _)| *slot)
    }

    /// The slot of the customer whose written key is `key`.
    pub fn find(&self, key: &str) -> Option<Slot> {
        let hash = self.hash(key);
        let found = self.index.find(hash, |&(slot, tag)| tag == tag_of(hash) && self.get(slot).key.as_str() == key);
        found.map(|(slot, _)| *slot)
    }

    /// The customer at `slot`, which must be taken.
    pub fn get(&self, slot: Slot) -> &Customer {
        self.blocks[slot as usize / BLOCK][slot as usize % BLOCK].as_ref().expect("a slot in use")
    }

    /// The customer at `slot`, which must be taken.
    pub fn get_mut(&mut self, slot: Slot) -> &mut Customer {
        self.blocks[slot as usize / BLOCK][slot as usize % BLOCK].as_mut().expect("a slot in use")
    }

    /// The customer at `slot`, if it is taken.
    pub fn try_get(&self, slot: Slot) -> Option<&Customer> {
        self.blocks.get(slot as usize / BLOCK)?.get(slot as usize % BLOCK)?.as_ref()
    }

    /// Adds a customer whose key is not here yet.
    pub fn insert(&mut self, customer: Customer) -> Slot {
        let hash = self.hash(customer.key.as_str());
        let slot = match self.free.pop() {
            Some(slot) => {
                self.blocks[slot as usize / BLOCK][slot as usize % BLOCK] = Some(customer);
                slot
            }
            None => {
                if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
                    self.blocks.push(Vec::with_capacity(BLOCK));
                }
                let block = self.blocks.len() - 1;
                self.blocks[block].push(Some(customer));
                (block * BLOCK + self.blocks[block].len() - 1) as Slot
            }
        };
        let Store { index, blocks, hasher, .. } = self;
        index.insert_unique(hash, (slot, tag_of(hash)), |&(slot, _)| {
            let customer =
                blocks[slot as usize / BLOCK][slot as usize % BLOCK].as_ref().expect("indexed slots are in use");
            hasher.hash_one(customer.key.as_str())
        });
        slot
    }

    /// Removes a customer.
    pub fn remove(&mut self, key: &CustomerKey) -> Option<Customer> {
        let hash = self.hash(key.as_str());
        let blocks = &mut self.blocks;
        let at = |blocks: &Vec<Vec<Option<Customer>>>, slot: Slot| {
            blocks[slot as usize / BLOCK][slot as usize % BLOCK].as_ref().is_some_and(|c| c.key == *key)
        };
        let entry = self.index.find_entry(hash, |&(slot, tag)| tag == tag_of(hash) && at(blocks, slot)).ok()?;
        let ((slot, _), _) = entry.remove();
        self.free.push(slot);
        blocks[slot as usize / BLOCK][slot as usize % BLOCK].take()
    }

    /// Every customer with its slot.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Customer)> {
        let all = self.blocks.iter().flatten().enumerate();
        all.filter_map(|(slot, customer)| Some((slot as Slot, customer.as_ref()?)))
    }
}

fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
}
