//! What happens to a partition, and to the transactions that carry its results: observed in, action out.
//!
//! ```text
//!            observed                     action
//!  runtime ───────────▶ life         ─────────────▶ locate, read the changelog, start, stop
//!  (does I/O)           transaction  ─────────────▶ begin, flush, send offsets, commit, abort, replace, resolve
//!                       pace, idleness ───────────▶ when
//! ```
//!
//! **Invariant:** pure. No I/O and no clock: time comes in as a value, counted from the start of the worker.

mod idleness;
mod life;
mod pace;
mod transaction;

pub use idleness::Idleness;
pub use life::{Base, Checkpoint, LifeAction, LifeObserved, Located, Phase, Range, Refusal};
pub use pace::{Load, Pace};
pub use transaction::{Leave, Outcome, Staged, Transaction, TransactionAction, TransactionObserved, has_landed};
