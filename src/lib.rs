//! churnwatch reads the events of the relation between a company and its customers from Kafka, remembers grievances,
//! promises, sentiment and silence for every customer, and writes churn alerts, exactly once.
//!
//! ```text
//!  customer.events ──▶ kafka ──▶ runtime ──▶ codec, mapping ──▶ task ──▶ engine ──▶ effects
//!                        ▲          │                             │                    │
//!                        │          └── admin (HTTP), telemetry   └─ state (changelog) │
//!                        └────────── one transaction: alerts, changelog, dead letters, offsets ◀┘
//! ```
//!
//! `model` the nouns · `engine` what an event means (pure) · `wording` what an alert says (pure) · `text` what a customer's words say
//! (pure) · `task` what happens
//! to a partition (pure) · `codec` bytes ⇄ values · `kafka` the only place that names
//! rdkafka · `runtime` the loop that observes, steps, executes · `offline` the same engine without Kafka · `admin`
//! `config` `telemetry` `clock` · `app` the wiring. Imports point one way: `tests/architecture.rs` holds the table.

pub mod admin;
pub mod app;
pub mod cli;
pub mod clock;
pub mod codec;
pub mod config;
pub mod engine;
pub mod kafka;
pub mod model;
pub mod offline;
pub mod runtime;
pub mod task;
pub mod telemetry;
pub mod text;
pub mod wording;
