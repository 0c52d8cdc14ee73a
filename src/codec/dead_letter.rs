//! A record that could not be read, as it is kept: Kafka headers beside its original bytes, or a line of NDJSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::json::Json;
use super::rejected::{Reason, Rejected};

/// Headers of Kafka Streams' dead letter queues (KIP-1034), and two of our own. The record's key, value and headers go
/// along as they were.
pub mod header {
    /// The kind of failure; where Kafka Streams names a Java class.
    pub const EXCEPTION: &str = "__streams.errors.exception";
    /// What a person reads: the reason and the field, never a value.
    pub const MESSAGE: &str = "__streams.errors.message";
    /// Topic of the original record.
    pub const TOPIC: &str = "__streams.errors.topic";
    /// Partition of the original record.
    pub const PARTITION: &str = "__streams.errors.partition";
    /// Offset of the original record.
    pub const OFFSET: &str = "__streams.errors.offset";
    /// The reason's name.
    pub const REASON: &str = "__churn.errors.reason";
    /// Where it failed: `mapping` or `decode`.
    pub const STAGE: &str = "__churn.errors.stage";
}

/// The headers that a dead letter gets in addition to the record's own.
pub fn headers(rejected: &Rejected, topic: &str, partition: i32, offset: i64) -> [(&'static str, String); 7] {
    let stage = if rejected.reason == Reason::MappingFailed { "mapping" } else { "decode" };
    [
        (header::EXCEPTION, format!("churnwatch.{}", rejected.reason.name())),
        (header::MESSAGE, rejected.to_string()),
        (header::TOPIC, topic.to_owned()),
        (header::PARTITION, partition.to_string()),
        (header::OFFSET, offset.to_string()),
        (header::REASON, rejected.reason.name().to_owned()),
        (header::STAGE, stage.to_owned()),
    ]
}

/// Appends a line `{"line":7,"reason":"..","field":"..","value":".."}`. `line` counts from 1; `field` is null if no
/// single field is at fault; `value` is the original record, in base64 if it is not UTF-8.
pub fn write_line(line: u64, rejected: &Rejected, original: &[u8], out: &mut Vec<u8>) {
    Json::new(out).object(|json| {
        json.name("line").write(format_args!("{line}"));
        json.name("reason").text(rejected.reason.name());
        json.name("field").text_or_null(rejected.field);
        match std::str::from_utf8(original) {
            Ok(text) => json.name("value").text(text),
            Err(_) => json.name("value").text(&STANDARD.encode(original)),
        }
    });
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_the_original_bytes() {
        let mut out = Vec::new();
        write_line(7, &Rejected::field(Reason::InvalidField, "data.due"), b"{\"a\":\n1}", &mut out);
        write_line(8, &Rejected::record(Reason::InvalidUtf8), b"\xff{}", &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"line":7,"reason":"invalid_field","field":"data.due","value":"{\"a\":\n1}"}"#,
                "\n",
                r#"{"line":8,"reason":"invalid_utf8","field":null,"value":"/3t9"}"#,
                "\n",
            )
        );
    }

    #[test]
    fn headers_tell_where_it_was_and_why_it_failed() {
        let of = |rejected| headers(&rejected, "customer.events", 3, 42).map(|(name, text)| format!("{name}={text}"));
        let failed = of(Rejected::field(Reason::MappingFailed, "customer_id"));
        assert_eq!(
            failed,
            [
                "__streams.errors.exception=churnwatch.mapping_failed",
                "__streams.errors.message=mapping_failed: customer_id",
                "__streams.errors.topic=customer.events",
                "__streams.errors.partition=3",
                "__streams.errors.offset=42",
                "__churn.errors.reason=mapping_failed",
                "__churn.errors.stage=mapping",
            ]
        );
        assert_eq!(of(Rejected::record(Reason::InvalidJson))[6], "__churn.errors.stage=decode");
    }
}
