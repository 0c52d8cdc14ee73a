//! What the tests share: brokers, scenes, processes, and the fold that tells what must come out.
//!
//! ```text
//!  Broker ── a real Apache Kafka, one for most tests
//!    Scene ── the topics and the settings of one test; writes its input
//!      Process ── `churnwatch run`, to be killed, stopped, asked
//!      Fold ───── the same input through the engine alone: what must have come out
//! ```

mod broker;
mod fold;
mod process;
mod proxy;
mod reading;
mod scene;
mod stream;
mod wire;

pub use broker::Broker;
pub use fold::Fold;
pub use process::Process;
pub use proxy::{Proxy, Request};
pub use reading::{Read, read_all};
pub use scene::{Input, Scene, company};
pub use stream::Stream;
pub use wire::transaction_state;

use std::time::{Duration, Instant};

/// Waits until `what` is true and tells how long it took; panics with `why` after `limit`.
pub fn wait_until(limit: Duration, why: &str, mut what: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < limit, "waited {limit:?} in vain: {why}");
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}
