//! The same engine without Kafka: `replay` over files, `generate` for a synthetic company, the story of `demo`.

pub mod demo;
pub mod generate;
pub mod progress;
pub mod replay;
pub mod stages;
pub mod transcript;
