//! What an operator sees: every metric, whether the service is ready, and the log.

pub mod health;
pub mod logs;
pub mod metrics;

pub use health::Health;
pub use metrics::Metrics;
