//! Topics and offsets that would lose or double something: the service says what is wrong and how to mend it, ends, and
//! writes nothing.

use std::time::Duration;

use churnwatch::kafka::admin::{self, TopicSpec};
use churnwatch::offline::generate::Generator;

use crate::harness::{Broker, Process, Scene, company};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Runs the service until it ends. It must end with `code`, having written nothing. Returns what it logged.
fn ends_with(scene: &Scene, code: i32) -> String {
    let before = existing(scene);
    let mut process = Process::start(scene, "one");
    assert_eq!(process.wait(Duration::from_secs(60)).code(), Some(code), "{}", process.log());
    assert_eq!(existing(scene), before, "it wrote:\n{}", process.log());
    process.log()
}

/// The scene's topics that are there, and where they end.
fn existing(scene: &Scene) -> Vec<(String, Vec<i64>)> {
    let names = scene.outputs();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = admin::describe(&scene.cluster, &names, TIMEOUT).unwrap();
    let there = names.iter().zip(found).filter_map(|(name, found)| found.map(|f| (name, f.partitions as i32)));
    there.map(|(name, partitions)| ((*name).to_owned(), scene.ends_of(name, partitions))).collect()
}

/// Makes one topic before `topics apply` makes the others.
fn create(scene: &Scene, name: String, partitions: i32, policy: &str) {
    let config = vec![("cleanup.policy".to_owned(), policy.to_owned())];
    let spec = TopicSpec { name, partitions, replication: 1, config };
    admin::create(&scene.cluster, &[spec], TIMEOUT).unwrap().remove(0).unwrap();
}

#[test]
fn missing_topics_are_named_with_the_command_that_makes_them() {
    let scene = Scene::without_topics(Broker::shared(), "missing", 2, &[]);
    let log = ends_with(&scene, 78);
    assert!(log.contains("missing.events") && log.contains("churnwatch topics apply"), "{log}");
    assert!(scene.run(&["topics", "apply"]).status.success());
    Process::start(&scene, "one").wait_until_ready();
}

#[test]
fn topics_that_are_made_while_it_starts_are_found() {
    let scene = Scene::without_topics(Broker::shared(), "just-made", 2, &[]);
    let mut process = Process::start(&scene, "one");
    process.wait_for_log("looking again: the topics are not as they must be: topic just-made.events does not exist");
    for topic in [vec![scene.input()], scene.outputs().to_vec()].concat() {
        create(&scene, topic, 2, "compact");
    }
    process.wait_until_ready();
}

#[test]
fn a_changelog_that_forgets_is_refused_with_the_command_that_mends_it() {
    let broker = Broker::shared();
    let scene = Scene::without_topics(broker, "deleted", 2, &[]);
    create(&scene, scene.changelog(), 2, "delete");
    scene.run(&["topics", "apply"]);
    let log = ends_with(&scene, 78);
    // The command is there to be copied.
    let command = log.lines().find_map(|line| Some(&line[line.find("kafka-configs")?..])).expect(&log);
    let arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
    broker.tool("kafka-configs", &arguments);
    Process::start(&scene, "one").wait_until_ready();
}

#[test]
fn a_changelog_with_other_partitions_than_the_input_is_refused() {
    let scene = Scene::without_topics(Broker::shared(), "differs", 2, &[]);
    create(&scene, scene.changelog(), 3, "compact");
    scene.run(&["topics", "apply"]);
    let log = ends_with(&scene, 78);
    assert!(log.contains("has 3 partitions and differs.events has 2"), "{log}");
}

#[test]
fn a_state_whose_offset_is_not_the_services_own_is_refused() {
    let broker = Broker::shared();
    let scene = Scene::new(broker, "offsets", 2, &[]);
    let input = scene.writer();
    let mut generator = Generator::new(company(50, 1_000, 2));
    while let Some(record) = generator.next_record() {
        input.write(record.key, record.value);
    }
    input.flush();
    let mut process = Process::start(&scene, "one");
    scene.wait_until_done(Duration::from_secs(60));
    process.stop();

    // Somebody sets the offset back, to have everything processed again.
    let topic = scene.input();
    let reset = ["--group", &scene.name, "--topic", &topic, "--reset-offsets", "--to-earliest", "--execute"];
    broker.tool("kafka-consumer-groups", &reset);
    let log = ends_with(&scene, 1);
    assert!(log.contains("the changelog holds customers but offset 0 was committed by something else"), "{log}");
    assert!(log.contains("to begin anew, delete the changelog topic"), "{log}");

    // Or the offsets expire.
    broker.tool("kafka-consumer-groups", &["--group", &scene.name, "--delete"]);
    let log = ends_with(&scene, 1);
    assert!(log.contains("the changelog holds customers but the group has no committed offset"), "{log}");
    assert!(log.contains("offsets.retention.minutes"), "{log}");
}
