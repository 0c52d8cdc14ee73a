//! What an operator sees: every metric, whether the service is ready, and the log.

pub mod logs;
//! What an operator sees: every metric, and whether the service is ready.

pub mod health;
pub mod metrics;

pub use health::Health;
pub use metrics::Metrics;
