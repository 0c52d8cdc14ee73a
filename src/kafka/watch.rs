//! What a producer's own threads report: refused records, and lost requests that only its log tells of.

#![expect(unsafe_code, reason = "the log callback is called by librdkafka")]

use std::ffi::CStr;
use std::os::raw::{c_char, c_int};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::RDKafkaRespErr;

use super::client::Voice;

/// What the library's threads report to the owner.
pub(super) struct Watch {
    /// Where its log goes.
    pub voice: Voice,
    /// A request was lost or timed out since the last `begin`: an OK from the library proves nothing.
    suspect: AtomicBool,
    /// The first delivery error since the last `begin`.
    poison: Mutex<Option<RDKafkaErrorCode>>,
}

impl Watch {
    pub(super) fn new(voice: Voice) -> Watch {
        Watch { voice, suspect: AtomicBool::new(false), poison: Mutex::new(None) }
    }

    /// A new transaction begins.
    pub(super) fn forget(&self) {
        *self.lock() = None;
        self.suspect.store(false, Ordering::Release);
    }

    /// See the field.
    pub(super) fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Acquire)
    }

    /// See the field.
    pub(super) fn poison(&self) -> Option<RDKafkaErrorCode> {
        *self.lock()
    }

    /// A record was not delivered. Only the first reason is kept, and those that an abort itself makes are none.
    pub(super) fn refused(&self, error: RDKafkaRespErr) {
        use RDKafkaRespErr as E;
        let purged = matches!(error, E::RD_KAFKA_RESP_ERR__PURGE_QUEUE | E::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT);
        if !purged && !matches!(error, E::RD_KAFKA_RESP_ERR_NO_ERROR) {
            self.lock().get_or_insert(error.into());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<RDKafkaErrorCode>> {
        self.poison.lock().expect("no holder of this lock can panic")
    }
}

/// The library's log, called in its own threads.
///
/// # Safety
/// The opaque of `client` is a [`Watch`] that lives as long as the client.
pub(super) unsafe extern "C" fn on_log(
    client: *const sys::rd_kafka_t,
    level: c_int,
    facility: *const c_char,
    text: *const c_char,
) {
    if client.is_null() {
        return;
    }
    // SAFETY: the opaque of each client of ours is a `Watch` that lives until the client is destroyed.
    let watch = unsafe { &*sys::rd_kafka_opaque(client).cast::<Watch>() };
    // SAFETY: the library passes NUL-terminated strings.
    let (facility, text) =
        unsafe { (CStr::from_ptr(facility).to_string_lossy(), CStr::from_ptr(text).to_string_lossy()) };
    // At the moment of the loss, in the library's thread: a queue would let a commit return before the news of it.
    if is_loss(&facility) {
        watch.suspect.store(true, Ordering::Release);
    }
    watch.voice.say(level, &facility, text.trim());
}

/// Whether a line of this facility tells of a lost or timed-out request.
fn is_loss(facility: &str) -> bool {
    matches!(facility.trim(), "FAIL" | "REQTMOUT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_and_timed_out_requests_are_told_by_two_facilities() {
        for (facility, loss) in [("FAIL", true), ("REQTMOUT", true), ("BROKERUP", false), ("GETPID", false)] {
            assert_eq!(is_loss(facility), loss, "{facility}");
        }
    }

    #[test]
    fn the_first_refusal_poisons_and_a_purge_does_not() {
        let watch = Watch::new(Voice { role: "test" });
        use RDKafkaRespErr as E;
        watch.refused(E::RD_KAFKA_RESP_ERR__PURGE_QUEUE);
        watch.refused(E::RD_KAFKA_RESP_ERR_NO_ERROR);
        assert_eq!(watch.poison(), None);
        watch.refused(E::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
        watch.refused(E::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT);
        assert_eq!(watch.poison(), Some(RDKafkaErrorCode::MessageSizeTooLarge));
    }
}
