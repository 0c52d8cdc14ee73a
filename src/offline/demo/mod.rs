//! The story of `demo`: a day of a company, who is in trouble on it, and how the alerts are told.
//!
//! `story` what happens · `pacing` when it is sent · `teller` an alert as a person reads it. The pipeline in between
//! is the real one; `app` puts them together.

mod heard;
mod pacing;
mod paper;
pub mod story;
mod teller;

pub use pacing::Pacing;
pub use paper::Style;
pub use story::{Record, Story, closing};
pub use teller::Teller;
