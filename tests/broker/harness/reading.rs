//! Reads what was committed to a topic, whole.

use std::time::{Duration, Instant};

use churnwatch::kafka::{Cluster, Item, LogEnds, LogReader};
use churnwatch::model::{NextOffset, Partition};

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Read {
    /// The value of a header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(n, _)| n == name)?;
        std::str::from_utf8(value).ok()
    }
}

/// Hands every committed record of a topic to `each`, partition by partition in order of their offsets. No transaction
/// may be open for long.
pub fn read_all(cluster: &Cluster, topic: &str, partitions: i32, each: &mut dyn FnMut(Partition, Read)) {
    let ends = LogEnds::open(cluster).unwrap();
    for partition in (0..partitions).map(Partition) {
        let (first, end) = ends.range(topic, partition, Duration::from_secs(20)).unwrap();
        if first < end {
            read_partition(cluster, topic, partition, (first, end), each);
        }
    }
}

fn read_partition(
    cluster: &Cluster,
    topic: &str,
    partition: Partition,
    (first, end): (NextOffset, NextOffset),
    each: &mut dyn FnMut(Partition, Read),
) {
    let mut reader = LogReader::open(cluster, topic).unwrap();
    reader.add(partition, first).unwrap();
    let mut next = first;
    let began = Instant::now();
    while next < end {
        assert!(began.elapsed() < Duration::from_secs(120), "{topic} {partition} could not be read to {end}");
        reader.fetch(Duration::from_millis(100)).unwrap();
        while let Some(item) = reader.batch().head() {
            match item {
                Item::Record(record) => {
                    next = record.offset().next();
                    let headers = record.headers();
                    let owned = |bytes: Option<&[u8]>| bytes.unwrap_or_default().to_vec();
                    each(
                        partition,
                        Read {
                            offset: record.offset().0,
                            key: record.key().map(<[u8]>::to_vec),
                            value: record.value().map(<[u8]>::to_vec),
                            headers: headers.map(|h| (h.name.to_owned(), owned(h.value))).collect(),
                        },
                    );
                }
                Item::End(_, offset) => next = next.max(NextOffset(offset.0)),
                Item::Failed(_, error) => panic!("{topic}: {error:?}"),
            }
            reader.batch().advance();
        }
    }
}
