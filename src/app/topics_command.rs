//! `topics plan` and `topics apply`: what there is, beside what there should be.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::cli::{ConfigArguments, Output, PlanArguments};
use crate::config::Config;
use crate::kafka::admin::{Description, create, describe};

use super::failure::Failure;
use super::output::Out;
use super::topics::{State, Topic, compare, needed};

/// How long the cluster may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The needed topics with how they stand; `None` if nobody asked the cluster.
type Plan = Vec<(Topic, Option<State>)>;

pub(super) fn plan(arguments: &PlanArguments, out: &mut Out) -> Result<(), Failure> {
    let config = super::load(&arguments.config)?;
    let plan = if arguments.offline {
        needed(&config, config.topics.partitions).into_iter().map(|topic| (topic, None)).collect()
    } else {
        super::start_log(&config);
        compared(&config)?
    };
    match arguments.output {
        Output::Text => write!(out, "{}", text(&plan))?,
        Output::Json => writeln!(out, "{}", json(&plan))?,
    }
    out.finish()
}

pub(super) fn apply(arguments: &ConfigArguments, out: &mut Out) -> Result<(), Failure> {
    let config = super::load(arguments)?;
    super::start_log(&config);
    let plan = compared(&config)?;
    let missing: Vec<&Topic> =
        plan.iter().filter(|(_, state)| *state == Some(State::Missing)).map(|(topic, _)| topic).collect();
    let specs: Vec<_> = missing.iter().map(|topic| topic.spec()).collect();
    let mut failed = Vec::new();
    if !specs.is_empty() {
        let results =
            create(&super::cluster(&config), &specs, TIMEOUT).map_err(|error| Failure::kafka(&config, error))?;
        for (topic, result) in missing.iter().zip(results) {
            match result {
                Ok(()) => writeln!(out, "made     {}", topic.name)?,
                Err(error) => {
                    failed.push(format!("{}: {}", topic.name, Failure::other(error).message().unwrap_or_default()))
                }
            }
        }
    }
    for (topic, state) in &plan {
        match state {
            Some(State::Differs(reasons)) => failed.extend(reasons.iter().map(ToString::to_string)),
            Some(State::Fits) => writeln!(out, "is there {}", topic.name)?,
            Some(State::Missing) | None => {}
        }
    }
    out.finish()?;
    if failed.is_empty() { Ok(()) } else { Err(Failure::other(NotAsNeeded(failed.join("\n")))) }
}

#[derive(Debug, thiserror::Error)]
#[error("not every topic is as it must be:\n{0}")]
pub(super) struct NotAsNeeded(pub(super) String);

/// The needed topics beside those of the cluster.
pub(super) fn compared(config: &Config) -> Result<Plan, Failure> {
    let names: Vec<String> = needed(config, 1).into_iter().map(|topic| topic.name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = describe(&super::cluster(config), &names, TIMEOUT).map_err(|error| Failure::kafka(config, error))?;
    Ok(beside(config, &found))
}

/// An error if there is no such topic.
pub(super) fn must_exist(config: &Config, topic: &str) -> Result<(), Failure> {
    let found = describe(&super::cluster(config), &[topic], TIMEOUT).map_err(|error| Failure::kafka(config, error))?;
    match found.first() {
        Some(Some(_)) => Ok(()),
        _ => Err(Failure::other(NoTopic(topic.to_owned()))),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no topic {0}; `churnwatch topics apply` makes it")]
struct NoTopic(String);

/// `found` has the topics of `needed`, in its order.
fn beside(config: &Config, found: &[Option<Description>]) -> Plan {
    let of_input = found.first().and_then(Option::as_ref).and_then(|input| i32::try_from(input.partitions).ok());
    let topics = needed(config, of_input.unwrap_or(config.topics.partitions)).into_iter().zip(found);
    topics
        .map(|(topic, found)| {
            let state = compare(&topic, found.as_ref(), &config.topics.input);
            (topic, Some(state))
        })
        .collect()
}

/// A topic a paragraph: how it stands, its name, how it is made, what for, what differs.
fn text(plan: &Plan) -> String {
    let width = plan.iter().map(|(topic, _)| topic.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (topic, state) in plan {
        let word = match state {
            None => "needed",
            Some(State::Missing) => "missing",
            Some(State::Fits) => "fits",
            Some(State::Differs(_)) => "differs",
        };
        let copies = topic.replication_factor.map(|copies| format!("  replication {copies}")).unwrap_or_default();
        let config: String = topic.config.iter().map(|(name, value)| format!("  {name}={value}")).collect();
        let (name, partitions, why) = (&topic.name, topic.partitions, topic.why);
        text.push_str(&format!("{word:8} {name:width$}  {partitions} partitions{copies}{config}\n         {why}\n"));
        if let Some(State::Differs(reasons)) = state {
            reasons.iter().for_each(|reason| text.push_str(&format!("         ! {reason}\n")));
        }
    }
    if plan.iter().any(|(_, state)| *state == Some(State::Missing)) {
        text.push_str("\n`churnwatch topics apply` makes those that are missing.\n");
    }
    text
}

/// A list of objects.
fn json(plan: &Plan) -> String {
    #[derive(Serialize)]
    struct Row<'a> {
        name: &'a str,
        partitions: i32,
        replication_factor: Option<i32>,
        config: BTreeMap<&'a str, &'a str>,
        why: &'a str,
        state: Option<&'a str>,
        differences: Vec<String>,
    }
    let rows: Vec<Row<'_>> = plan
        .iter()
        .map(|(topic, state)| {
            let (state, differences) = match state {
                None => (None, Vec::new()),
                Some(State::Missing) => (Some("missing"), Vec::new()),
                Some(State::Fits) => (Some("fits"), Vec::new()),
                Some(State::Differs(reasons)) => (Some("differs"), reasons.iter().map(ToString::to_string).collect()),
            };
            Row {
                name: &topic.name,
                partitions: topic.partitions,
                replication_factor: topic.replication_factor,
                config: topic.config.iter().copied().collect(),
                why: topic.why,
                state,
                differences,
            }
        })
        .collect();
    serde_json::to_string_pretty(&rows).expect("texts and numbers can be written as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let topic = |partitions, policy: &str| {
            let config = [("cleanup.policy".to_owned(), policy.to_owned())].into();
            Some(Description { partitions, replication: 1, config })
        };
        beside(&Config::default(), &[topic(3, "delete"), topic(2, "delete"), None, topic(3, "compact"), None])
    }

    #[test]
    fn the_plan_tells_how_each_topic_stands_and_follows_the_input_topic() {
        let meant = "\
fits     customer.events                 3 partitions
         events in, keyed by customer
differs  churnwatch-customers-changelog  3 partitions  cleanup.policy=compact  segment.bytes=67108864  \
min.cleanable.dirty.ratio=0.2
         what is remembered of each customer, partition by partition of the input
         ! topic churnwatch-customers-changelog has 2 partitions and customer.events has 3: they must be equal; while \
the changelog is empty, delete it and run: churnwatch topics apply
         ! topic churnwatch-customers-changelog has cleanup.policy delete instead of compact; to mend it: \
kafka-configs --alter --entity-type topics --entity-name churnwatch-customers-changelog --add-config \
cleanup.policy=compact
missing  churn.alerts                    3 partitions  cleanup.policy=delete
         alerts out, a record for each transition, keyed by customer
fits     churn.alerts.state              3 partitions  cleanup.policy=compact
         the last state of every alert, keyed by alert
missing  churn.dead-letters              3 partitions  cleanup.policy=delete  retention.ms=2592000000
         records that could not be read, for 30 days

`churnwatch topics apply` makes those that are missing.
";
        assert_eq!(text(&plan()), meant);
    }

    #[test]
    fn json_tells_the_same() {
        let rows: serde_json::Value = serde_json::from_str(&json(&plan())).unwrap();
        let states: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["fits", "differs", "missing", "fits", "missing"]);
        assert_eq!(rows[1]["differences"].as_array().unwrap().len(), 2);
        assert_eq!(rows[1]["config"]["cleanup.policy"], "compact");
        assert_eq!(rows[2]["partitions"], 3);
        assert_eq!(rows[2]["replication_factor"], serde_json::Value::Null);
    }

    #[test]
    fn without_an_input_topic_the_setting_decides() {
        let plan = beside(&Config::default(), &[None, None, None, None, None]);
        assert!(plan.iter().all(|(topic, state)| topic.partitions == 6 && *state == Some(State::Missing)));
    }
}
