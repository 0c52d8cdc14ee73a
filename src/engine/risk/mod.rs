//! The risk score: log-odds of leaving within 30 days, as a sum of named parts, and the band it stands in.
//!
//! ```text
//! memory, time ─▶ factors: named numbers ─▶ curves of the model: log-odds ─▶ sum ─▶ band, with its memory
//! ```
//!
//! The factors are code; what they are worth is a [`Model`], which may come from a file and be fitted to data.

mod assess;
mod band;
mod curve;
mod factors;
mod model;
mod windows;

pub use assess::{assess, log_odds, log_odds_without, top_factor, top_facts};
pub use band::{Watch, band_of, correct_band, severity_of, update_band};
pub use curve::Curve;
pub use factors::{Factor, Sign, each_value, factors};
pub use model::{Model, Part, Unfit};
