//! Members that come, go, and freeze: partitions move and nothing is lost or doubled.

use std::time::{Duration, Instant};

use crate::harness::{Broker, Process, Scene, Stream, transaction_state, wait_until};

#[test]
fn a_stop_under_load_ends_in_time_and_costs_nothing() {
    let scene = Scene::new(Broker::shared(), "graceful", 2, &["runtime.workers=2"]);
    let mut stream = Stream::new(&scene, 60_000, 8);
    let mut first = Process::start(&scene, "one");
    stream.write_until("the first commits", || first.commits() > 3.0);
    // It is told to stop in the middle of a transaction, and records keep coming.
    let is_open = |worker| transaction_state(scene.port, &format!("{}-one-{worker}", scene.name)) == "Ongoing";
    stream.write_until("an open transaction", || (0..2).any(is_open));
    let told = Instant::now();
    first.signal("TERM");
    stream.write(20_000);
    assert!(first.wait(Duration::from_secs(30)).success(), "{}", first.log());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    assert!(first.log().contains("the service has stopped"), "{}", first.log());
    let done = scene.done();
    let written: i64 = scene.ends(&scene.input()).iter().sum();
    assert!(0 < done && done < written, "{done} of {written} were done: nothing is left for the next");

    let mut second = Process::start(&scene, "one");
    second.wait_until_ready();
    stream.end(&mut [&mut second]);
    assert!(second.log().contains("restoring"), "it went on from the state that was left");
}

#[test]
fn members_that_join_and_leave_under_load_cost_nothing() {
    let scene = Scene::new(Broker::shared(), "rebalance", 4, &[]);
    let mut stream = Stream::new(&scene, 100_000, 9);
    let mut first = Process::start(&scene, "one");
    stream.write_until("the first commits", || first.commits() > 3.0);
    stream.write_until("four partitions at work", || first.partitions() == 4);
    for _ in 0..2 {
        let mut second = Process::start(&scene, "two");
        stream.write_until("two partitions each", || first.partitions() == 2 && second.partitions() == 2);
        let commits = (first.commits(), second.commits());
        stream.write_until("commits of both", || first.commits() > commits.0 && second.commits() > commits.1);
        second.stop();
        stream.write_until("the return of the partitions", || first.partitions() == 4);
    }
    assert!(!first.log().contains("partitions lost"), "{}", first.log());
    stream.end(&mut [&mut first]);
}

#[test]
fn a_frozen_member_that_wakes_up_is_fenced_by_the_generation_of_the_group() {
    // Its transaction is still open when it wakes up.
    let scene = Scene::new(Broker::shared(), "zombie", 4, &["runtime.transaction_timeout=\"60s\""]);
    let zombie = freeze_and_wake(&scene, |_| {});
    assert!(zombie.contains("could not send the offsets to the transaction"), "{zombie}");
    assert!(zombie.contains("a transaction is void"), "{zombie}");
}

#[test]
fn a_frozen_member_whose_transaction_the_broker_has_ended_harms_nothing() {
    let scene = Scene::new(Broker::shared(), "late-zombie", 4, &["runtime.transaction_timeout=\"4s\""]);
    let zombie = freeze_and_wake(&scene, |id| {
        let ended = || transaction_state(scene.port, id) == "CompleteAbort";
        wait_until(Duration::from_secs(30), "the end of its transaction", ended);
    });
    // Fenced by the epoch, if it had sent everything before it froze.
    assert!(zombie.contains("a transaction is void"), "{zombie}");
}

/// Freezes one of two members in the middle of a transaction and wakes it up when the other has done all its work. What
/// comes out must be right. Returns what the frozen one logged.
fn freeze_and_wake(scene: &Scene, before_waking: impl Fn(&str)) -> String {
    let mut stream = Stream::new(scene, 60_000, 3);
    let mut zombie = Process::start(scene, "zombie");
    let mut heir = Process::start(scene, "heir");
    stream.write_until("commits of both", || zombie.commits() > 3.0 && heir.commits() > 3.0);
    let id = format!("{}-zombie-0", scene.name);
    stream.write_until("an open transaction", || {
        zombie.signal("STOP");
        // With offsets or customers in it the heir would have to wait for its end.
        let harmless = || scene.committed().is_some() && scene.is_stable(&scene.changelog());
        let ongoing = || transaction_state(scene.port, &id) == "Ongoing";
        let open = ongoing() && harmless() && {
            // Its last request may still wait at the broker.
            std::thread::sleep(Duration::from_millis(500));
            ongoing()
        };
        if !open {
            zombie.signal("CONT");
        }
        open
    });
    stream.write(5_000);
    stream.write_until("the heir's taking over", || heir.partitions() == 4);
    stream.input.flush();
    scene.wait_until_done(Duration::from_secs(90));
    before_waking(&id);

    zombie.signal("CONT");
    zombie.wait_for_log("partitions lost");
    wait_until(Duration::from_secs(60), "its return to the group", || {
        let log = zombie.log();
        log.rfind(" running ") > log.rfind("partitions lost")
    });
    stream.end(&mut [&mut zombie, &mut heir]);
    zombie.log()
}
