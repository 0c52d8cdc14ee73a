//! Letters that press for payment, by invoice.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::{Money, invoice_hash};
use crate::engine::fact::Fact;
use crate::engine::tight::{merge_in_order, push_tight};
use crate::model::{Event, Span, Time};

/// Invoices whose letters are remembered.
const DUNNED_MAX: usize = 16;
/// Letters remembered of one invoice.
const SENT_MAX: usize = 6;
/// They are remembered this long.
const REMEMBERED: Span = Span::days(45);

/// An invoice that the customer was pressed for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dunned {
    /// The invoice's id.
    pub id: Box<str>,
    /// The letters, oldest first.
    pub sent: ThinVec<Fact>,
    /// Last payment or credit: letters up to then no longer count; `Time::MIN` if none.
    pub calm: Time,
    /// The last letter that an alert has spoken of; `Time::MIN` if none.
    pub told: Time,
}

impl Money {
    /// A letter was sent about the invoice `id`.
    pub(super) fn dun(&mut self, event: &Event<'_>, id: &str) {
        let index = self.dunned.iter().position(|d| &*d.id == id).unwrap_or_else(|| {
            if self.dunned.len() >= DUNNED_MAX {
                self.dunned.remove(0);
            }
            let settled = self.invoices.iter().find(|i| i.id == invoice_hash(id)).map(|i| i.settled);
            let calm = settled.filter(|at| *at < Time::MAX).unwrap_or(Time::MIN);
            push_tight(&mut self.dunned, Dunned { id: id.into(), sent: ThinVec::new(), calm, told: Time::MIN });
            self.dunned.len() - 1
        });
        let sent = &mut self.dunned[index].sent;
        push_tight(sent, Fact::new(event, None));
        sent.sort_by_key(|f| f.time);
        if sent.len() > SENT_MAX {
            sent.remove(0);
        }
    }

    /// The invoice `id` was paid or credited.
    pub(super) fn calm(&mut self, id: &str, at: Time) {
        if let Some(dunned) = self.dunned.iter_mut().find(|d| &*d.id == id) {
            dunned.calm = dunned.calm.max(at);
        }
    }

    /// Takes in the letters to the same customer under another name, of whose invoices all are known by now.
    pub(super) fn absorb_dunned(&mut self, theirs: ThinVec<Dunned>) {
        for dunned in theirs {
            match self.dunned.iter_mut().find(|known| known.id == dunned.id) {
                Some(known) => {
                    let mut sent = dunned.sent;
                    sent.retain(|letter| known.sent.iter().all(|fact| !fact.is_same(letter)));
                    merge_in_order(&mut known.sent, sent, SENT_MAX, |letter| letter.time);
                    (known.calm, known.told) = (known.calm.max(dunned.calm), known.told.max(dunned.told));
                }
                None => {
                    if self.dunned.len() >= DUNNED_MAX {
                        self.dunned.remove(0);
                    }
                    push_tight(&mut self.dunned, dunned);
                }
            }
        }
        for dunned in &mut self.dunned {
            let id = invoice_hash(&dunned.id);
            let settled = self.invoices.iter().find(|i| i.id == id).map(|i| i.settled);
            dunned.calm = dunned.calm.max(settled.filter(|at| *at < Time::MAX).unwrap_or(Time::MIN));
        }
    }

    pub(super) fn prune_dunned(&mut self, now: Time) {
        self.dunned.retain(|d| d.sent.last().is_some_and(|last| now - last.time <= REMEMBERED));
    }
}
