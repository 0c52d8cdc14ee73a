//! The shell: observes Kafka and the clock, steps the pure machines of [`crate::task`], executes what they want.
//!
//! ```text
//!  supervisor ── start-up checks, then one thread per worker; restarts, watches, stops them
//!    worker ──── one reader + one producer; its tasks share the transaction and nothing else
//!      ├ intake ─── records to events            ├ restore ── changelog to engine
//!      ├ partition ─ a task: phase + engine      └ writer ─── effects to records, transaction to the broker
//! ```
//!
//! Order of one round: events of the group · tasks that are not running yet · a batch of records · idle partitions ·
//! commit if due. Nothing here decides what an event means or what a failed call asks for.

mod failure;
mod intake;
mod partition;
mod restore;
mod settings;
mod startup;
mod supervisor;
mod watchdog;
mod worker;
mod writer;

pub use failure::{Failure, chain};
pub use intake::{Decode, Each};
pub use settings::{Delivery, Parts, Settings, StartFrom, Stop, Topics};
pub use startup::{Problem, check as check_topics};
pub use supervisor::run;
