//! A broker inside the process, for the demo: librdkafka's mock cluster.
//!
//! It can show the pipeline, not prove it: transactions do nothing, nothing is fenced or compacted, and only the last
//! 5 MiB of a partition are kept. So it is used at least once, with an empty state.

#![expect(unsafe_code, reason = "the join delay of the mock cluster, 3 s, can only be set on its raw handle")]

use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::os::raw::c_char;

use rdkafka::ClientConfig;
use rdkafka::bindings as sys;

use super::client::Cluster;
use super::error::{Error, Next};
use super::native;

/// A running mock cluster of one broker; it ends when dropped.
pub struct MockCluster {
    cluster: *mut sys::rd_kafka_mock_cluster_t,
    /// The client that hosts it.
    host: *mut sys::rd_kafka_t,
}

// SAFETY: the mock cluster has its own lock and its own thread.
unsafe impl Send for MockCluster {}

impl MockCluster {
    /// Starts a cluster with `topics` of so many partitions each.
    pub fn start(topics: &[(&str, i32)]) -> Result<MockCluster, Error> {
        let doing = "start the mock cluster";
        let mut config = ClientConfig::new();
        // Its own complaints about unreachable clients at the end are of no interest.
        config.set("log_level", "2");
        let conf = config.create_native_config().map_err(|e| Error::of(doing, e))?;
        let mut text: [c_char; 512] = [0; 512];
        // SAFETY: the configuration belongs to the client unless the call fails.
        let host = unsafe {
            let conf = ManuallyDrop::new(conf);
            let kind = sys::rd_kafka_type_t::RD_KAFKA_PRODUCER;
            let host = sys::rd_kafka_new(kind, conf.ptr(), text.as_mut_ptr(), text.len());
            if host.is_null() {
                drop(ManuallyDrop::into_inner(conf));
                return Err(Error::refused(doing, Next::Stop, native::text(text.as_ptr())));
            }
            host
        };
        // SAFETY: a live host.
        let cluster = unsafe { sys::rd_kafka_mock_cluster_new(host, 1) };
        if cluster.is_null() {
            // SAFETY: not used again.
            unsafe { sys::rd_kafka_destroy(host) };
            return Err(Error::refused(doing, Next::Stop, "it cannot listen on a local port"));
        }
        let mock = MockCluster { cluster, host };
        // SAFETY: a live cluster.
        unsafe { sys::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0) };
        for (topic, partitions) in topics {
            let name =
                CString::new(*topic).map_err(|_| Error::refused(doing, Next::Stop, "a topic name with a NUL"))?;
            // SAFETY: a live cluster, a string that lives during the call.
            let code = unsafe { sys::rd_kafka_mock_topic_create(cluster, name.as_ptr(), *partitions, 1) };
            if !matches!(code, sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR) {
                return Err(Error::of_code(doing, code.into()));
            }
        }
        Ok(mock)
    }

    /// How to reach it.
    pub fn cluster(&self) -> Cluster {
        // SAFETY: a live cluster; the string is copied.
        let bootstrap_servers = unsafe { native::text(sys::rd_kafka_mock_cluster_bootstraps(self.cluster)) };
        // An empty fetch of the mock waits for the full time, so let it be short.
        let properties = vec![("fetch.wait.max.ms".to_owned(), "20".to_owned())];
        Cluster { bootstrap_servers, properties }
    }
}

impl Drop for MockCluster {
    fn drop(&mut self) {
        // SAFETY: both are ours and not used again; the cluster goes before its host.
        unsafe {
            sys::rd_kafka_mock_cluster_destroy(self.cluster);
            sys::rd_kafka_destroy(self.host);
        }
    }
}
