//! The life of a task: locate, restore, start, run, close.
//!
//! ```text
//!            Located           ChangelogRead to the end        Started
//!  Locating ────────▶ Restoring ───────────────────▶ Starting ────────▶ Running
//!      ▲                                                                   │
//!      └───────────────────────────── Discarded ◀──────────────────────────┘        Revoked, Lost: Closed
//! ```
//!
//! **Invariant:** a task runs only from a state that is exactly the fold of the input up to its committed offset.

use crate::engine::Clock;
use crate::model::NextOffset;

/// What a commit of ours says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The next offset of the input to process.
    pub next: NextOffset,
    /// Watermark and unconfirmed jump there.
    pub clock: Clock,
    /// Counts the commits of the partition.
    pub sequence: u64,
    /// From where the input must be read again before the state is complete; at most `next`.
    pub redo: NextOffset,
}

/// Where a log begins and ends, open transactions included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first offset that is there.
    pub first: NextOffset,
    /// The offset of the next record to be written.
    pub end: NextOffset,
}

/// What a task starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// A commit of ours.
    Ours(Checkpoint),
    /// An offset that something else committed, say a tool that resets offsets: no state belongs to it.
    Foreign(NextOffset),
    /// Nothing was committed.
    Nothing {
        /// Where to begin then.
        start: NextOffset,
    },
}

/// What was found when the task looked for its place. Where the changelog ends must be read after what is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// The committed offset and what came with it.
    pub base: Base,
    /// The input partition.
    pub input: Range,
    /// The changelog partition.
    pub changelog: Range,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its place is being looked for.
    Locating,
    /// The changelog is being read up to `end`.
    Restoring {
        /// What it will start from.
        from: Checkpoint,
        /// Whether the changelog may hold customers: only if the offset is a commit of ours.
        may_hold: Option<Refusal>,
        /// Where the changelog ended when the task looked.
        end: NextOffset,
    },
    /// The state is there; records are being made to flow.
    Starting {
        /// Where it starts.
        from: Checkpoint,
    },
    /// Records flow.
    Running {
        /// The next offset to process: everything before has had its effect on the state.
        done: NextOffset,
        /// The last commit's offset.
        committed: NextOffset,
        /// The last commit's number.
        sequence: u64,
        /// The commit under way: its offset. Its number is one above `sequence`.
        staged: Option<NextOffset>,
    },
    /// Somebody else's.
    Closed,
}

/// What can happen to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeObserved {
    /// Its place was found.
    Located(Located),
    /// Customers were read from the changelog; the highest *applied* among them.
    Entries {
        /// The next offset of the input through which a customer is complete.
        applied: NextOffset,
    },
    /// The changelog has been read up to this offset.
    ChangelogRead(NextOffset),
    /// The changelog has not moved for minutes.
    ChangelogStuck,
    /// Records flow.
    Started,
    /// Everything before this offset has had its effect on the state.
    Processed(NextOffset),
    /// The state up to here was put into a transaction.
    Staged,
    /// That transaction is committed.
    Committed,
    /// What was staged, and the state with it, is void.
    Discarded,
    /// The partition goes to somebody else, or went.
    Revoked,
}

/// What a task wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeAction {
    /// Drop the state and look for the place: committed offset, then the ends of input and changelog.
    Locate,
    /// Read the changelog.
    ReadChangelog {
        /// From here.
        from: NextOffset,
    },
    /// Stop reading the changelog; set the clock; let records flow.
    Start {
        /// From here.
        from: Checkpoint,
    },
    /// Drop the state and everything that belongs to the partition.
    Drop,
    /// The task cannot go on without a person.
    Refuse(Refusal),
}

/// Why a task cannot go on without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Records that were not yet processed are gone.
    #[error("the input begins at offset {first} but was processed only up to {next}: records were lost to retention")]
    InputTruncated {
        /// Committed.
        next: NextOffset,
        /// First offset there is.
        first: NextOffset,
    },
    /// The topic was made anew, or is another one.
    #[error("offset {next} is committed but the input ends at {end}: it is not the topic that was processed")]
    OffsetBeyondEnd {
        /// Committed.
        next: NextOffset,
        /// End of the input.
        end: NextOffset,
    },
    /// There is state but the group's offset is gone, so nobody knows what the state covers.
    #[error("the changelog holds customers but the group has no committed offset")]
    StateWithoutOffset,
    /// There is state but the offset was set by something else.
    #[error("the changelog holds customers but offset {next} was committed by something else")]
    StateWithForeignOffset {
        /// Committed.
        next: NextOffset,
    },
    /// The state is ahead of the offset: the offset was set back, or was overwritten.
    #[error("the changelog holds a customer complete up to offset {applied} but only {next} is committed")]
    AppliedBeyondCommit {
        /// Of a customer.
        applied: NextOffset,
        /// Committed.
        next: NextOffset,
    },
    /// A newer version of this program wrote the changelog lazily.
    #[error("the state is complete only up to offset {redo} of {next}: it was written by a newer version")]
    RedoNeeded {
        /// Where the state is complete.
        redo: NextOffset,
        /// Committed.
        next: NextOffset,
    },
    /// The end of the changelog is never reached.
    #[error("the changelog could not be read to its end: it was truncated, or a transaction on it hangs")]
    ChangelogStuck,
}

impl Phase {
    /// One step.
    pub fn step(self, observed: LifeObserved) -> (Phase, Option<LifeAction>) {
        use LifeObserved as O;
        use Phase::*;
        match (self, observed) {
            (_, O::Revoked) => (Closed, Some(LifeAction::Drop)),
            (Closed, _) => (Closed, None),

            (Locating, O::Located(located)) => located.decide(),
            (Restoring { from, may_hold, .. }, O::Entries { applied }) => match may_hold {
                Some(refusal) => (self, Some(LifeAction::Refuse(refusal))),
                None if applied > from.next => {
                    (self, Some(LifeAction::Refuse(Refusal::AppliedBeyondCommit { applied, next: from.next })))
                }
                None => (self, None),
            },
            (Restoring { from, end, .. }, O::ChangelogRead(next)) if next >= end => {
                (Starting { from }, Some(LifeAction::Start { from }))
            }
            (Restoring { .. }, O::ChangelogRead(_)) => (self, None),
            (Restoring { .. }, O::ChangelogStuck) => (self, Some(LifeAction::Refuse(Refusal::ChangelogStuck))),
            (Starting { from }, O::Started) => {
                let Checkpoint { next, sequence, .. } = from;
                (Running { done: next, committed: next, sequence, staged: None }, None)
            }
            (Running { done, committed, sequence, staged }, O::Processed(next)) => {
                assert!(next >= done, "a record before {done} was processed again");
                (Running { done: next, committed, sequence, staged }, None)
            }
            (Running { done, committed, sequence, staged }, O::Staged) => {
                assert!(staged.is_none(), "two commits at once");
                (Running { done, committed, sequence, staged: Some(done) }, None)
            }
            (Running { done, committed, sequence, staged }, O::Committed) => match staged {
                Some(next) => (Running { done, committed: next, sequence: sequence + 1, staged: None }, None),
                // It had nothing in this transaction.
                None => (Running { done, committed, sequence, staged }, None),
            },
            (Running { .. }, O::Discarded) => (Locating, Some(LifeAction::Locate)),

            // A transaction of the worker that a task which does not run yet has no part in.
            (Locating | Restoring { .. } | Starting { .. }, O::Committed | O::Discarded) => (self, None),
            // Late news of a restore that is over.
            (Starting { .. } | Running { .. } | Locating, O::ChangelogRead(_) | O::ChangelogStuck) => (self, None),

            (phase, observed @ (O::Located(_) | O::Entries { .. } | O::Started | O::Processed(_) | O::Staged)) => {
                unreachable!("{observed:?} in {phase:?}")
            }
        }
    }
}

impl Located {
    fn decide(&self) -> (Phase, Option<LifeAction>) {
        let nothing_applied = |next| Checkpoint { next, clock: Clock::default(), sequence: 0, redo: next };
        let (from, may_hold) = match self.base {
            Base::Ours(checkpoint) => (checkpoint, None),
            Base::Foreign(next) => (nothing_applied(next), Some(Refusal::StateWithForeignOffset { next })),
            Base::Nothing { start } => (nothing_applied(start), Some(Refusal::StateWithoutOffset)),
        };
        let next = from.next;
        let refusal = if next < self.input.first {
            Some(Refusal::InputTruncated { next, first: self.input.first })
        } else if next > self.input.end {
            Some(Refusal::OffsetBeyondEnd { next, end: self.input.end })
        } else if from.redo < next {
            Some(Refusal::RedoNeeded { redo: from.redo, next })
        } else {
            None
        };
        match refusal {
            Some(refusal) => (Phase::Locating, Some(LifeAction::Refuse(refusal))),
            None if self.changelog.first >= self.changelog.end => {
                (Phase::Starting { from }, Some(LifeAction::Start { from }))
            }
            None => {
                let phase = Phase::Restoring { from, may_hold, end: self.changelog.end };
                (phase, Some(LifeAction::ReadChangelog { from: self.changelog.first }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LifeObserved as O;
    use super::*;
    use crate::model::Time;

    fn at(next: i64) -> NextOffset {
        NextOffset(next)
    }

    fn checkpoint(next: i64, sequence: u64) -> Checkpoint {
        let clock = Clock { watermark: Some(Time(7)), unconfirmed: None };
        Checkpoint { next: at(next), clock, sequence, redo: at(next) }
    }

    fn located(base: Base, input: (i64, i64), changelog: (i64, i64)) -> O {
        let range = |(first, end)| Range { first: at(first), end: at(end) };
        O::Located(Located { base, input: range(input), changelog: range(changelog) })
    }

    fn refused(base: Base, input: (i64, i64), changelog: (i64, i64)) -> Option<Refusal> {
        match Phase::Locating.step(located(base, input, changelog)).1 {
            Some(LifeAction::Refuse(refusal)) => Some(refusal),
            _ => None,
        }
    }

    #[test]
    fn a_place_that_would_lose_or_repeat_records_is_refused() {
        let lazy = Checkpoint { redo: at(3), ..checkpoint(5, 1) };
        for (base, refusal) in [
            (Base::Ours(checkpoint(5, 1)), None),
            (Base::Ours(checkpoint(2, 1)), None),
            (Base::Ours(checkpoint(9, 1)), None),
            (Base::Ours(checkpoint(1, 1)), Some(Refusal::InputTruncated { next: at(1), first: at(2) })),
            (Base::Ours(checkpoint(10, 1)), Some(Refusal::OffsetBeyondEnd { next: at(10), end: at(9) })),
            (Base::Ours(lazy), Some(Refusal::RedoNeeded { redo: at(3), next: at(5) })),
            (Base::Foreign(at(5)), None),
            (Base::Foreign(at(10)), Some(Refusal::OffsetBeyondEnd { next: at(10), end: at(9) })),
            (Base::Nothing { start: at(2) }, None),
        ] {
            assert_eq!(refused(base, (2, 9), (0, 4)), refusal, "{base:?}");
        }
    }

    #[test]
    fn a_task_restores_to_the_end_it_saw_then_runs_from_the_commit() {
        let from = checkpoint(5, 3);
        let (phase, action) = Phase::Locating.step(located(Base::Ours(from), (0, 9), (2, 40)));
        assert_eq!(action, Some(LifeAction::ReadChangelog { from: at(2) }));
        let (phase, action) = phase.step(O::Entries { applied: at(5) });
        assert_eq!(action, None);
        let (phase, action) = phase.step(O::ChangelogRead(at(39)));
        assert_eq!(action, None);
        let (phase, action) = phase.step(O::ChangelogRead(at(40)));
        assert_eq!(action, Some(LifeAction::Start { from }));
        let (phase, _) = phase.step(O::Started);
        assert_eq!(phase, Phase::Running { done: at(5), committed: at(5), sequence: 3, staged: None });
    }

    #[test]
    fn an_empty_changelog_needs_no_restore() {
        let (phase, action) = Phase::Locating.step(located(Base::Nothing { start: at(4) }, (4, 9), (0, 0)));
        let from = Checkpoint { next: at(4), clock: Clock::default(), sequence: 0, redo: at(4) };
        assert_eq!((phase, action), (Phase::Starting { from }, Some(LifeAction::Start { from })));
    }

    #[test]
    fn state_that_no_commit_of_ours_covers_is_refused_but_markers_alone_are_not() {
        for (base, applied, refusal) in [
            (Base::Nothing { start: at(0) }, 0, Some(Refusal::StateWithoutOffset)),
            (Base::Foreign(at(5)), 5, Some(Refusal::StateWithForeignOffset { next: at(5) })),
            (Base::Ours(checkpoint(5, 1)), 5, None),
            (Base::Ours(checkpoint(5, 1)), 6, Some(Refusal::AppliedBeyondCommit { applied: at(6), next: at(5) })),
        ] {
            let (phase, _) = Phase::Locating.step(located(base, (0, 9), (0, 4)));
            let action = phase.step(O::Entries { applied: at(applied) }).1;
            assert_eq!(action, refusal.map(LifeAction::Refuse), "{base:?}");
            // An aborted first transaction leaves markers and no customer.
            assert!(matches!(phase.step(O::ChangelogRead(at(4))).1, Some(LifeAction::Start { .. })), "{base:?}");
        }
    }

    #[test]
    fn a_commit_covers_what_was_staged_and_not_what_came_later() {
        let mut phase = Phase::Running { done: at(5), committed: at(5), sequence: 3, staged: None };
        for observed in [O::Processed(at(8)), O::Staged, O::Processed(at(11)), O::Committed] {
            phase = phase.step(observed).0;
        }
        assert_eq!(phase, Phase::Running { done: at(11), committed: at(8), sequence: 4, staged: None });
        assert_eq!(phase.step(O::Committed).0, phase, "it had no part in that one");
    }

    #[test]
    fn whatever_happens_a_revoked_task_is_dropped_once_and_stays_away() {
        let running = Phase::Running { done: at(5), committed: at(5), sequence: 3, staged: Some(at(5)) };
        for phase in [Phase::Locating, Phase::Starting { from: checkpoint(5, 1) }, running] {
            assert_eq!(phase.step(O::Revoked), (Phase::Closed, Some(LifeAction::Drop)));
        }
        assert_eq!(Phase::Closed.step(O::Committed), (Phase::Closed, None));
        assert_eq!(Phase::Closed.step(O::Discarded), (Phase::Closed, None));
    }

    #[test]
    fn a_discarded_task_starts_over_from_what_is_committed() {
        let running = Phase::Running { done: at(9), committed: at(5), sequence: 3, staged: Some(at(9)) };
        assert_eq!(running.step(O::Discarded), (Phase::Locating, Some(LifeAction::Locate)));
        let starting = Phase::Starting { from: checkpoint(5, 1) };
        assert_eq!(starting.step(O::Discarded), (starting, None), "it has no part in the worker's transaction");
    }

    #[test]
    fn a_changelog_that_does_not_end_is_told() {
        let restoring = Phase::Restoring { from: checkpoint(5, 1), may_hold: None, end: at(9) };
        let refusal = Some(LifeAction::Refuse(Refusal::ChangelogStuck));
        assert_eq!(restoring.step(O::ChangelogStuck), (restoring, refusal));
    }
}
