//! Talks to Kafka: the only folder that names rdkafka, and the only one with `unsafe` code.
//!
//! ```text
//!  GroupReader  member of the group: batches of the input, rebalances, committed offsets   ┐
//!  LogReader    reads named partitions to their end: restore, topic ranges                 ├ read
//!  LogEnds      where partitions begin and end, uncommitted records included               ┘
//!  Producer     transactions through the raw calls; tells when it must not be trusted        write
//!  admin        topics as they are and as they should be       mock  a broker inside the process
//! ```
//!
//! An [`Error`] says what to do next ([`Next`]), so that callers never look at codes.

pub mod admin;
mod batch;
mod client;
mod error;
mod group_reader;
mod log_ends;
mod log_reader;
pub mod mock;
mod native;
mod producer;
mod property;
mod watch;

pub use batch::{Batch, Header, Item, Record};
pub use client::{Cluster, OWNED_PROPERTIES};
pub use error::{Cause, Error, Next};
pub use group_reader::{Committed, GroupMetadata, GroupReader, Membership, OffsetToCommit, Rebalance};
pub use log_ends::LogEnds;
pub use log_reader::LogReader;
pub use producer::{Guarantee, Outgoing, Producer, TopicIndex};
pub use property::{PropertyError, check_property};
