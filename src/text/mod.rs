//! What a customer's own words say: language, sentiment, cause of complaint, and signs of leaving, as numbers.
//!
//! ```text
//!  "no me resolvieron" ─▶ fold ─▶ features ─▶ tables of the model ─▶ sums ─▶ Reading
//! ```
//!
//! One linear model for English, Spanish and Filipino as it is written (Taglish): words, pairs of words and runs of
//! letters, a few small whole numbers for each. Its bytes come with the program.
//!
//! **Invariant:** no I/O, no clock, no randomness. A text has the same reading on every machine, whatever was read before
//! it: sums are whole numbers, and what follows is IEEE arithmetic and `libm`.

mod explain;
mod features;
mod fold;
mod model;
mod particles;
mod random;
mod reading;
mod scorer;
mod table;
mod topic;

pub mod evaluate;
pub mod phrasebook;
pub mod train;

pub use explain::{Explanation, Part};
pub use fold::LONGEST;
pub use model::{Model, ModelError};
pub use reading::{Language, Reading, Sentiment};
pub use scorer::Scorer;
pub use topic::{Topic, Topics};
