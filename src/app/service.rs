//! What a service is made of, from its settings.

use std::sync::Arc;
use std::time::Duration;

use crate::admin::Surface;
use crate::codec::Reason;
use crate::config::{self, Config, RuntimeConfig, TopicsConfig};
use crate::runtime::{Delivery, Parts, Settings, StartFrom, Topics};
use crate::telemetry::{Health, Metrics};

use super::failure::Failure;
use super::{intake, mapping, version, wording};

/// A member that is silent for so long loses its partitions. `session.timeout.ms` in the settings wins.
const SESSION_TIMEOUT: Duration = Duration::from_secs(10);

/// What the runtime must be told. Taken apart field by field, so that no setting can be left without an effect.
pub(super) fn settings(config: &Config) -> Result<Settings, Failure> {
    let TopicsConfig {
        input,
        alerts,
        alerts_state,
        holdout,
        dead_letters,
        changelog: _,
        partitions: _,
        replication_factor: _,
    } = config.topics.clone();
    let RuntimeConfig {
        workers: _,
        delivery,
        commit_interval,
        transaction_events,
        transaction_bytes,
        transaction_timeout,
        shutdown_timeout,
    } = config.runtime;
    Ok(Settings {
        cluster: super::cluster(config),
        group_id: config.kafka.group_id.clone(),
        instance_id: config.instance_id().ok_or(Failure::NoInstanceId)?,
        topics: Topics {
            input,
            alerts,
            alerts_state,
            holdout: config.has_holdout().then_some(holdout),
            dead_letters,
            changelog: config.changelog_topic(),
        },
        workers: config.workers(),
        delivery: match delivery {
            config::Delivery::ExactlyOnce => Delivery::ExactlyOnce,
            config::Delivery::AtLeastOnce => Delivery::AtLeastOnce,
        },
        start_from: match config.kafka.start_from {
            config::StartFrom::Earliest => StartFrom::Earliest,
            config::StartFrom::Latest => StartFrom::Latest,
        },
        check_topics: true,
        commit_interval,
        transaction_records: transaction_events,
        transaction_bytes,
        transaction_timeout,
        session_timeout: SESSION_TIMEOUT,
        idle_after: config.time.idle_after,
        shutdown_timeout,
    })
}

/// What the runtime works with.
pub(super) fn parts(config: &Config) -> Result<Parts, Failure> {
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    Ok(Parts {
        rules: Arc::new(config.rules.clone()),
        wording: Arc::new(wording::of(config)?),
        decode: intake::decode(mapping::of(config)?),
        metrics: Metrics::new(super::VERSION, &reasons),
        health: Arc::new(Health::new()),
    })
}

/// What HTTP shows.
pub(super) fn surface(config: &Config, parts: &Parts) -> Surface {
    let (health, metrics) = (parts.health.clone(), parts.metrics.clone());
    Surface {
        reasons: Box::new(move || health.reasons()),
        metrics: Box::new(move || metrics.encode()),
        version: version::json(config.rules.version),
    }
}
