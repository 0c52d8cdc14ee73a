//! The service on a real Apache Kafka: crashes, zombies, bounces, rebalances, bad input, and real histories.
//!
//! The judge is the offline fold: the same input through the engine alone. What the service has committed must be equal
//! to it, byte for byte. A fault that did not happen fails its test.

mod crashes;
mod dead_letters;
mod faults;
mod group;
mod harness;
mod histories;
mod refusals;
mod timers;
