//! The nouns everyone shares: times, addresses, customers, events and alerts.
//!
//! Plain data and its arithmetic; nothing here decides anything or touches the world.

pub mod alert;
pub mod cohort;
pub mod customer;
pub mod event;
pub mod kind;
pub mod position;
pub mod time;

pub use alert::{Alert, Scope, Severity, Status, Transition};
pub use cohort::CohortKey;
pub use customer::CustomerKey;
pub use event::{Data, Event, EventType};
pub use kind::Kind;
pub use position::{NextOffset, Offset, Partition};
pub use time::{Span, Time};
