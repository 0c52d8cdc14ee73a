//! What an operator sees: every metric, whether the service is ready, and the log.

pub mod logs;
