//! The few raw handles that rdkafka keeps to itself, owned and freed.

#![expect(unsafe_code, reason = "frees handles of librdkafka and reads its error objects")]

use std::ffi::CStr;
use std::os::raw::c_char;
use std::ptr::NonNull;

use rdkafka::bindings as sys;

use super::error::{Cause, Error, Flags, next_of};

/// Turns the error object of a transactional call into a result, and frees it.
///
/// # Safety
/// `error` is null or an error object that nobody else frees.
pub(super) unsafe fn checked(doing: &'static str, error: *mut sys::rd_kafka_error_t) -> Result<(), Error> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, and ours by the caller's promise until it is destroyed on the last line.
    let (code, flags, text) = unsafe {
        (
            sys::rd_kafka_error_code(error).into(),
            Flags {
                fatal: sys::rd_kafka_error_is_fatal(error) != 0,
                retriable: sys::rd_kafka_error_is_retriable(error) != 0,
                abortable: sys::rd_kafka_error_txn_requires_abort(error) != 0,
            },
            text(sys::rd_kafka_error_string(error)),
        )
    };
    // SAFETY: see above; not used again.
    unsafe { sys::rd_kafka_error_destroy(error) };
    Err(Error { doing, next: next_of(code, flags), source: Cause { code, text } })
}

/// A C string of the library, copied; empty for null.
///
/// # Safety
/// `pointer` is null or a NUL-terminated string that lives during the call.
pub(super) unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().trim().to_owned()
}

/// A queue of the library.
pub(super) struct Queue(NonNull<sys::rd_kafka_queue_t>);

// SAFETY: librdkafka's queues may be used from any thread.
unsafe impl Send for Queue {}

impl Queue {
    /// Takes over a queue; `None` for null.
    ///
    /// # Safety
    /// `queue` is null or a queue reference that nobody else destroys; its client outlives it.
    pub(super) unsafe fn own(queue: *mut sys::rd_kafka_queue_t) -> Option<Queue> {
        NonNull::new(queue).map(Queue)
    }

    pub(super) fn ptr(&self) -> *mut sys::rd_kafka_queue_t {
        self.0.as_ptr()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: owned, and the client still lives (see `own`).
        unsafe { sys::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}
