//! The same engine without Kafka: `replay` over files, `generate` for a synthetic company, the story of `demo`,
//! labelled texts for the text model.

pub mod demo;
pub mod generate;
pub mod lines;
pub mod progress;
pub mod replay;
pub mod stages;
pub mod texts;
pub mod transcript;
