//! Processes that die at any moment.

use std::time::{Duration, Instant};

use churnwatch::offline::generate::Generator;
use churnwatch::offline::generate::random::Random;

use crate::harness::{Broker, Fold, Process, Scene, company, transaction_state};

const KILLS: u64 = 50;
const EVENTS: u64 = 500_000;
const WORKERS: usize = 2;

/// Of 1000 kills, so many do not wait until the victim works: they hit the joining, the restoring, the first record.
const AT_ONCE: u64 = 300;

#[test]
fn fifty_kills_lose_nothing_and_double_nothing() {
    let broker = Broker::shared();
    let workers = format!("runtime.workers={WORKERS}");
    let scene = Scene::new(broker, "kills", 4, &[&workers, "runtime.transaction_timeout=\"10s\""]);
    let mut fold = Fold::new(&scene);
    let mut generator = Generator::new(company(20_000, EVENTS, 1));
    let input = scene.writer();
    let mut write = |events: u64| {
        for _ in 0..events {
            let record = generator.next_record().expect("as many as were asked for");
            input.write(record.key, record.value);
            fold.apply(record.key, record.value);
        }
    };
    let mut random = Random::new(50);
    let began = Instant::now();

    let instances = ["left", "right"];
    let mut processes = instances.map(|instance| Process::start(&scene, instance));
    let mut open = 0;
    for _ in 0..KILLS {
        let at = random.below(2) as usize;
        let (victim, instance) = (&mut processes[at], instances[at]);
        let at_once = random.chance(AT_ONCE);
        let mut delay = Duration::from_millis(random.below(if at_once { 1_500 } else { 300 }));
        let mut left = EVENTS / KILLS;
        let cycle = Instant::now();
        // Input keeps coming, less and less, so that there is work at every moment.
        loop {
            let some = (left / 50).max(1).min(left);
            write(some);
            left -= some;
            let works = at_once || victim.commits() > 0.0;
            if works && delay.is_zero() {
                break;
            }
            assert!(cycle.elapsed() < Duration::from_secs(60), "it does not work:\n{}", victim.log());
            let pause = Duration::from_millis(20);
            std::thread::sleep(pause);
            if works {
                delay = delay.saturating_sub(pause);
            }
        }
        victim.kill();
        let is_open =
            |worker| transaction_state(scene.port, &format!("{}-{instance}-{worker}", scene.name)) == "Ongoing";
        open += u32::from((0..WORKERS).any(is_open));
        write(left);
        *victim = Process::start(&scene, instance);
    }
    assert!(generator.next_record().is_none(), "all of the input is written");
    input.flush();
    scene.wait_until_done(Duration::from_secs(120));
    for process in &mut processes {
        process.stop();
    }
    fold.assert_equals(&scene);
    println!("{KILLS} kills, {open} of them in an open transaction; {} alerts, {:?}", fold.alerts(), began.elapsed());
    assert!(open > 0, "no kill hit an open transaction: the test proves nothing");
}
