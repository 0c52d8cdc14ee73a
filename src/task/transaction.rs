//! The protocol of a worker's transactions.
//!
//! ```text
//!              Write         CommitDue          Flushed              OffsetsSent             Committed
//!  Idle ───────────▶ Open ───────────▶ Flushing ────────▶ SendingOffsets ───────▶ Committing ───────▶ Idle, promote
//!                     │  abortable: Aborting ─────────────────────────────────────────────────────▶ Idle, discard
//!                     └─ in doubt, fenced: Starting (new producer) ──▶ Resolving (what is committed?) ──▶ Idle
//! ```
//!
//! The same call again when it is retriable. A transaction whose fate is not certain is never guessed: a new producer
//! with the same id settles it at the broker, and what is committed then tells.
//!
//! **Invariant:** state is promoted only when the broker is known to have committed it, and discarded otherwise.

use crate::model::{NextOffset, Partition};

/// How a call ended, told as what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It did what it should.
    Done,
    /// The same call again.
    Retry,
    /// Abort the transaction.
    Abort,
    /// The producer cannot be trusted any more.
    Replace,
    /// Another producer has this id, or the broker ended the transaction.
    Fenced,
    /// Another try cannot work.
    Stop,
}

/// Where the worker's transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A producer is there and ends whatever an older one of its id left open.
    Starting {
        /// Whether a transaction of ours may or may not have been committed.
        in_doubt: bool,
    },
    /// Nothing is written since the last commit.
    Idle,
    /// Something is.
    Open,
    Flushing,
    SendingOffsets,
    Committing,
    Aborting,
    /// What is committed is being read.
    Resolving,
    /// The worker writes no more.
    Left,
}

/// The worker's transaction, and whether it was fenced lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    stage: Stage,
    /// Commits until a fencing counts as the first one again. Above 0 another one tells of a rival.
    probation: u32,
}

/// A rival with the same id fences again within seconds; a transaction that the broker timed out is rare. So many
/// commits, about a minute of them, tell the two apart.
const PROBATION: u32 = 600;

/// What can happen to a transaction. `suspect`: a request was lost or timed out meanwhile, whatever the call said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionObserved {
    /// `init_transactions` answered.
    Started(Outcome),
    /// Something is to be written.
    Write,
    /// `begin_transaction` or the writing of a record failed.
    WriteFailed(Outcome),
    /// It is time to commit, if there is anything to commit.
    CommitDue,
    /// Every record is acknowledged, or not.
    Flushed(Outcome),
    /// The offsets are in the transaction, or not.
    OffsetsSent(Outcome),
    /// The commit was answered.
    Committed {
        /// How.
        outcome: Outcome,
        /// See above.
        suspect: bool,
    },
    /// The abort was answered.
    Aborted {
        /// How.
        outcome: Outcome,
        /// See above.
        suspect: bool,
    },
    /// Partitions were taken away while something was staged for them.
    Lost,
    /// What is committed was compared with what was staged; `None`: it could not be read.
    Resolved {
        /// Whether the broker has committed all that was staged.
        landed: Option<bool>,
    },
}

/// What a transaction wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionAction {
    /// Initialise the producer.
    Start,
    /// Give this producer up, open another, initialise it.
    Replace,
    /// Begin a transaction.
    Begin,
    /// Wait for all acknowledgements.
    Flush,
    /// Send offsets and metadata, with the group's metadata read now.
    SendOffsets,
    /// Commit.
    Commit,
    /// Abort.
    Abort,
    /// Read what is committed and compare it with what was staged.
    Resolve,
    /// What was staged is committed.
    Promote,
    /// What was staged is void, and the state that led to it.
    Discard,
    /// Write no more.
    Leave(Leave),
}

/// Why a worker stops writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Leave {
    /// Fenced again right after a new start: somebody else uses the same `transactional.id`.
    #[error("another process uses the same instance id")]
    Fenced,
    /// Another try cannot work.
    #[error("the broker refuses for good")]
    Refused,
}

impl Default for Transaction {
    fn default() -> Transaction {
        Transaction::new()
    }
}

impl Transaction {
    /// With a producer that is not initialised yet; the first action is [`TransactionAction::Start`].
    pub fn new() -> Transaction {
        Transaction { stage: Stage::Starting { in_doubt: false }, probation: 0 }
    }

    /// Whether the producer may be written to and nothing is under way.
    pub fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Idle | Stage::Open)
    }

    /// Whether something is written and not committed.
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// One step.
    pub fn step(self, observed: TransactionObserved) -> (Transaction, Option<TransactionAction>) {
        use Stage::*;
        use TransactionAction as A;
        use TransactionObserved as O;
        let to = |stage, action| (Transaction { stage, ..self }, Some(action));
        let stay = (self, None);
        match (self.stage, observed) {
            (Left, _) => stay,

            (Starting { in_doubt: false }, O::Started(Outcome::Done)) => (Transaction { stage: Idle, ..self }, None),
            (Starting { in_doubt: true }, O::Started(Outcome::Done)) => to(Resolving, A::Resolve),
            (Starting { .. }, O::Started(Outcome::Retry)) => to(self.stage, A::Start),
            (Starting { .. }, O::Started(Outcome::Abort | Outcome::Replace)) => to(self.stage, A::Replace),
            (Starting { in_doubt }, O::Started(outcome)) => self.fails(outcome, in_doubt),

            (Idle, O::Write) => to(Open, A::Begin),
            (Open, O::Write) => stay,
            (Open, O::WriteFailed(Outcome::Done)) => stay,
            // The producer waits by itself where waiting helps.
            (Open, O::WriteFailed(Outcome::Retry)) => self.fails(Outcome::Abort, true),
            (Open, O::WriteFailed(outcome)) => self.fails(outcome, true),
            (Idle, O::CommitDue) => stay,
            (Open, O::CommitDue) => to(Flushing, A::Flush),

            (Flushing, O::Flushed(Outcome::Done)) => to(SendingOffsets, A::SendOffsets),
            (Flushing, O::Flushed(Outcome::Retry)) => to(Flushing, A::Flush),
            (Flushing, O::Flushed(outcome)) => self.fails(outcome, true),

            (SendingOffsets, O::OffsetsSent(Outcome::Done)) => to(Committing, A::Commit),
            (SendingOffsets, O::OffsetsSent(Outcome::Retry)) => to(SendingOffsets, A::SendOffsets),
            (SendingOffsets, O::OffsetsSent(outcome)) => self.fails(outcome, true),

            (Committing, O::Committed { outcome: Outcome::Done, suspect: false }) => {
                let probation = self.probation.saturating_sub(1);
                (Transaction { stage: Idle, probation }, Some(A::Promote))
            }
            (Committing, O::Committed { outcome: Outcome::Done, suspect: true }) => self.fails(Outcome::Replace, true),
            (Committing, O::Committed { outcome: Outcome::Retry, .. }) => to(Committing, A::Commit),
            (Committing, O::Committed { outcome, .. }) => self.fails(outcome, true),

            (Aborting, O::Aborted { outcome: Outcome::Done, suspect: false }) => to(Idle, A::Discard),
            (Aborting, O::Aborted { outcome: Outcome::Done, suspect: true }) => self.fails(Outcome::Replace, true),
            (Aborting, O::Aborted { outcome: Outcome::Retry, .. }) => to(Aborting, A::Abort),
            // An abort that cannot be aborted.
            (Aborting, O::Aborted { outcome: Outcome::Abort, .. }) => self.fails(Outcome::Replace, true),
            (Aborting, O::Aborted { outcome, .. }) => self.fails(outcome, true),

            (Open, O::Lost) => to(Aborting, A::Abort),
            // Nothing is staged, or what is under way ends in its own time: the broker fences it if it must.
            (Idle | Starting { .. } | Resolving, O::Lost) => stay,
            (Flushing | SendingOffsets | Committing | Aborting, O::Lost) => stay,

            (Resolving, O::Resolved { landed: Some(true) }) => to(Idle, A::Promote),
            (Resolving, O::Resolved { landed: Some(false) }) => to(Idle, A::Discard),
            (Resolving, O::Resolved { landed: None }) => to(Resolving, A::Resolve),

            // Commits and writes wait until the transaction under way is settled.
            (Starting { .. } | Flushing | SendingOffsets | Committing | Aborting | Resolving, O::CommitDue) => stay,

            (
                stage,
                observed @ (O::Started(_)
                | O::Write
                | O::WriteFailed(_)
                | O::Flushed(_)
                | O::OffsetsSent(_)
                | O::Committed { .. }
                | O::Aborted { .. }
                | O::Resolved { .. }),
            ) => unreachable!("{observed:?} in {stage:?}"),
        }
    }

    /// A call failed. `in_doubt`: something was staged.
    fn fails(self, outcome: Outcome, in_doubt: bool) -> (Transaction, Option<TransactionAction>) {
        use TransactionAction as A;
        let (stage, probation, action) = match outcome {
            Outcome::Done | Outcome::Retry => unreachable!("{outcome:?} is no failure"),
            Outcome::Abort => (Stage::Aborting, self.probation, A::Abort),
            Outcome::Replace => (Stage::Starting { in_doubt }, self.probation, A::Replace),
            Outcome::Fenced if self.probation == 0 => (Stage::Starting { in_doubt }, PROBATION, A::Replace),
            Outcome::Fenced => (Stage::Left, self.probation, A::Leave(Leave::Fenced)),
            Outcome::Stop => (Stage::Left, self.probation, A::Leave(Leave::Refused)),
        };
        (Transaction { stage, probation }, Some(action))
    }
}

/// What a transaction would make the committed offset of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The partition of the input.
    pub partition: Partition,
    /// Its next offset.
    pub next: NextOffset,
    /// The number of its commit.
    pub sequence: u64,
}

/// Whether all that was staged is what `committed` says: offset and number of the last commit. The number tells a
/// commit that moved no offset, from timers alone, from the one before it.
pub fn has_landed(staged: &[Staged], committed: impl Fn(Partition) -> Option<(NextOffset, u64)>) -> bool {
    staged.iter().all(|s| committed(s.partition) == Some((s.next, s.sequence)))
}

#[cfg(test)]
mod tests {
    use super::TransactionAction as A;
    use super::TransactionObserved as O;
    use super::*;

    /// Steps through `observed`, and what is wanted after each.
    fn told(mut transaction: Transaction, steps: &[(O, Option<A>)]) -> Transaction {
        for (at, (observed, wanted)) in steps.iter().enumerate() {
            let (next, action) = transaction.step(*observed);
            assert_eq!(action, *wanted, "step {at}: {observed:?} in {transaction:?}");
            transaction = next;
        }
        transaction
    }

    const START: (O, Option<A>) = (O::Started(Outcome::Done), None);
    const WRITE: (O, Option<A>) = (O::Write, Some(A::Begin));
    const DUE: (O, Option<A>) = (O::CommitDue, Some(A::Flush));
    const FLUSHED: (O, Option<A>) = (O::Flushed(Outcome::Done), Some(A::SendOffsets));
    const SENT: (O, Option<A>) = (O::OffsetsSent(Outcome::Done), Some(A::Commit));
    const COMMITTED: (O, Option<A>) = (O::Committed { outcome: Outcome::Done, suspect: false }, Some(A::Promote));

    #[test]
    fn a_transaction_goes_flush_offsets_commit() {
        let steps = [START, (O::CommitDue, None), WRITE, (O::Write, None), DUE, FLUSHED, SENT, COMMITTED, WRITE];
        assert!(told(Transaction::new(), &steps).is_open());
    }

    #[test]
    fn a_retriable_call_is_made_again() {
        let retry = Outcome::Retry;
        let steps = [
            (O::Started(retry), Some(A::Start)),
            START,
            WRITE,
            DUE,
            (O::Flushed(retry), Some(A::Flush)),
            FLUSHED,
            (O::OffsetsSent(retry), Some(A::SendOffsets)),
            SENT,
            (O::Committed { outcome: retry, suspect: true }, Some(A::Commit)),
            COMMITTED,
        ];
        told(Transaction::new(), &steps);
    }

    #[test]
    fn an_abortable_error_anywhere_aborts_and_discards() {
        let abort = Outcome::Abort;
        let aborted = (O::Aborted { outcome: Outcome::Done, suspect: false }, Some(A::Discard));
        for failure in [
            &[(O::WriteFailed(abort), Some(A::Abort))][..],
            &[(O::Lost, Some(A::Abort))],
            &[DUE, (O::Flushed(abort), Some(A::Abort))],
            &[DUE, FLUSHED, (O::OffsetsSent(abort), Some(A::Abort))],
            &[DUE, FLUSHED, SENT, (O::Committed { outcome: abort, suspect: false }, Some(A::Abort))],
        ] {
            let steps = [&[START, WRITE][..], failure, &[aborted, WRITE]].concat();
            told(Transaction::new(), &steps);
        }
    }

    #[test]
    fn a_doubtful_transaction_is_settled_by_a_new_producer_and_a_look() {
        let doubts = [
            O::Committed { outcome: Outcome::Replace, suspect: false },
            // The call said OK, and a lost request says that this proves nothing.
            O::Committed { outcome: Outcome::Done, suspect: true },
            O::Committed { outcome: Outcome::Fenced, suspect: false },
        ];
        for doubt in doubts {
            for (landed, end) in [(true, A::Promote), (false, A::Discard)] {
                let steps = [
                    START,
                    WRITE,
                    DUE,
                    FLUSHED,
                    SENT,
                    (doubt, Some(A::Replace)),
                    (O::CommitDue, None),
                    (O::Started(Outcome::Retry), Some(A::Start)),
                    (O::Started(Outcome::Done), Some(A::Resolve)),
                    (O::Resolved { landed: None }, Some(A::Resolve)),
                    (O::Resolved { landed: Some(landed) }, Some(end)),
                    WRITE,
                ];
                told(Transaction::new(), &steps);
            }
        }
    }

    #[test]
    fn a_suspect_abort_is_settled_too() {
        let steps = [
            START,
            WRITE,
            (O::Lost, Some(A::Abort)),
            (O::Aborted { outcome: Outcome::Done, suspect: true }, Some(A::Replace)),
            (O::Started(Outcome::Done), Some(A::Resolve)),
        ];
        told(Transaction::new(), &steps);
    }

    #[test]
    fn fenced_once_is_a_timeout_and_twice_a_rival() {
        let fenced = (O::Flushed(Outcome::Fenced), Some(A::Replace));
        let resolved = (O::Resolved { landed: Some(false) }, Some(A::Discard));
        let settled = [fenced, (O::Started(Outcome::Done), Some(A::Resolve)), resolved];
        let again = [WRITE, DUE, (O::Flushed(Outcome::Fenced), Some(A::Leave(Leave::Fenced)))];
        let once = told(Transaction::new(), &[&[START, WRITE, DUE][..], &settled].concat());
        let left = told(once, &again);
        assert_eq!(left.step(O::CommitDue), (left, None));
        // Commits without another fencing prove that there was no rival; a few in between do not.
        let round = [WRITE, DUE, FLUSHED, SENT, COMMITTED];
        let doubted = (1..PROBATION).fold(once, |transaction, _| told(transaction, &round));
        told(doubted, &again);
        told(told(doubted, &round), &[WRITE, DUE, fenced]);
        told(
            Transaction::new(),
            &[
                (O::Started(Outcome::Fenced), Some(A::Replace)),
                (O::Started(Outcome::Fenced), Some(A::Leave(Leave::Fenced))),
            ],
        );
    }

    #[test]
    fn what_cannot_work_leaves() {
        told(Transaction::new(), &[(O::Started(Outcome::Stop), Some(A::Leave(Leave::Refused)))]);
        told(Transaction::new(), &[START, WRITE, DUE, (O::Flushed(Outcome::Stop), Some(A::Leave(Leave::Refused)))]);
    }

    #[test]
    fn landed_means_every_partition_with_offset_and_number() {
        let staged =
            |partition, next, sequence| Staged { partition: Partition(partition), next: NextOffset(next), sequence };
        let two = [staged(0, 10, 3), staged(1, 20, 7)];
        for (zero, one, landed) in [
            (Some((10, 3)), Some((20, 7)), true),
            (Some((10, 3)), Some((20, 6)), false),
            (Some((10, 3)), Some((15, 6)), false),
            (Some((10, 2)), Some((20, 7)), false),
            (None, Some((20, 7)), false),
        ] {
            let committed = |partition: Partition| {
                let found = if partition.0 == 0 { zero } else { one };
                found.map(|(next, sequence): (i64, u64)| (NextOffset(next), sequence))
            };
            assert_eq!(has_landed(&two, committed), landed, "{zero:?} {one:?}");
        }
    }

    /// Any sequence of outcomes keeps the promise: promoted only when committed for certain or found committed.
    #[test]
    fn no_run_promotes_what_is_not_committed() {
        use proptest::prelude::*;
        let outcome = prop::sample::select(vec![
            Outcome::Done,
            Outcome::Done,
            Outcome::Done,
            Outcome::Retry,
            Outcome::Abort,
            Outcome::Replace,
            Outcome::Fenced,
        ]);
        let runs = prop::collection::vec((outcome, any::<bool>(), any::<bool>()), 1..60);
        proptest!(|(run in runs)| {
            let mut transaction = Transaction::new();
            let mut action = Some(A::Start);
            let (mut offsets_sent, mut committed) = (false, false);
            for (outcome, suspect, landed) in run {
                let observed = match action {
                    None if transaction.is_open() => O::CommitDue,
                    None | Some(A::Promote | A::Discard) => O::Write,
                    Some(A::Begin) => { offsets_sent = false; committed = false; O::CommitDue }
                    Some(A::Start | A::Replace) => O::Started(outcome),
                    Some(A::Flush) => O::Flushed(outcome),
                    Some(A::SendOffsets) => { offsets_sent |= outcome == Outcome::Done; O::OffsetsSent(outcome) }
                    Some(A::Commit) => {
                        prop_assert!(offsets_sent, "a commit without offsets");
                        committed = outcome == Outcome::Done && !suspect;
                        O::Committed { outcome, suspect }
                    }
                    Some(A::Abort) => O::Aborted { outcome, suspect },
                    Some(A::Resolve) => { committed = landed; O::Resolved { landed: Some(landed) } }
                    Some(A::Leave(_)) => break,
                };
                (transaction, action) = transaction.step(observed);
                prop_assert!(action != Some(A::Promote) || committed);
                prop_assert!(action != Some(A::Discard) || !committed);
            }
        });
    }
}
