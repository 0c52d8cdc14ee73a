//! Topics: as they are, and as they should be.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, NewTopic, OwnedResourceSpecifier, ResourceSpecifier, TopicReplication,
};
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::client::{Cluster, Side, Voice};
use super::error::Error;

/// A topic as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: i32,
    /// On how many brokers; -1: the broker's default.
    pub replication: i32,
    /// Settings that differ from the broker's, such as `cleanup.policy`.
    pub config: Vec<(String, String)>,
}

/// A topic as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// How many partitions.
    pub partitions: usize,
    /// On how many brokers its first partition is.
    pub replication: usize,
    /// Every setting in force, defaults included.
    pub config: BTreeMap<String, String>,
}

impl Description {
    /// Whether its cleaner keeps the last record of each key, and nothing else removes records.
    pub fn is_compacted_only(&self) -> bool {
        self.config.get("cleanup.policy").is_some_and(|policy| policy.trim() == "compact")
    }
}

/// Each of `topics` as it is; `None` where there is no such topic. Creates nothing, whatever the broker's settings.
pub fn describe(cluster: &Cluster, topics: &[&str], timeout: Duration) -> Result<Vec<Option<Description>>, Error> {
    let doing = "describe topics";
    // All topics, by a consumer: asking a broker for one by name may make it create the topic.
    let owned = [("group.id", "churnwatch-admin"), ("allow.auto.create.topics", "false")];
    let reader: BaseConsumer<Voice> = cluster
        .config(Side::Reader, &[], &owned)
        .create_with_context(Voice { role: "admin" })
        .map_err(|e| Error::of(doing, e))?;
    let metadata = reader.fetch_metadata(None, timeout).map_err(|e| Error::of(doing, e))?;
    let mut found: Vec<Option<Description>> = topics
        .iter()
        .map(|name| {
            let topic = metadata.topics().iter().find(|t| t.name() == *name)?;
            let replication = topic.partitions().first().map_or(0, |p| p.replicas().len());
            Some(Description { partitions: topic.partitions().len(), replication, config: BTreeMap::new() })
        })
        .collect();
    let there: Vec<ResourceSpecifier<'_>> =
        topics.iter().zip(&found).filter(|(_, f)| f.is_some()).map(|(t, _)| ResourceSpecifier::Topic(t)).collect();
    if there.is_empty() {
        return Ok(found);
    }
    let admin = client(cluster)?;
    let options = AdminOptions::new().request_timeout(Some(timeout));
    let resources = wait(admin.describe_configs(&there, &options)).map_err(|e| Error::of(doing, e))?;
    for resource in resources {
        let resource = resource.map_err(|code| Error::of_code(doing, code))?;
        let OwnedResourceSpecifier::Topic(name) = &resource.specifier else { continue };
        let place = topics.iter().position(|topic| topic == name);
        if let Some(description) = place.and_then(|at| found[at].as_mut()) {
            description.config = resource.entries.into_iter().filter_map(|e| Some((e.name, e.value?))).collect();
        }
    }
    Ok(found)
}

/// Creates topics; one result for each, in order. A topic that is there already is an error.
pub fn create(cluster: &Cluster, topics: &[TopicSpec], timeout: Duration) -> Result<Vec<Result<(), Error>>, Error> {
    let doing = "create a topic";
    let admin = client(cluster)?;
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|spec| {
            let topic = NewTopic::new(&spec.name, spec.partitions, TopicReplication::Fixed(spec.replication));
            spec.config.iter().fold(topic, |topic, (key, value)| topic.set(key, value))
        })
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(timeout)).request_timeout(Some(timeout));
    let results = wait(admin.create_topics(&new, &options)).map_err(|e| Error::of(doing, e))?;
    Ok(results.into_iter().map(|r| r.map(drop).map_err(|(_, code)| Error::of_code(doing, code))).collect())
}

fn client(cluster: &Cluster) -> Result<AdminClient<Voice>, Error> {
    cluster
        .config(Side::Writer, &[], &[])
        .create_with_context(Voice { role: "admin" })
        .map_err(|e| Error::of("make an admin client", e))
}

/// Waits for an answer of the library, which its own thread gives; there is no runtime here to lean on.
fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
