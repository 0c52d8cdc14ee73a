//! `demo`: a company's day through the whole pipeline, over a broker inside the process, told on the terminal.
//!
//! ```text
//!  story ─▶ stage ─▶ customer.events ─▶ the service of `run` ─▶ churn.alerts ─▶ stage ─▶ telling
//! ```

mod stage;
mod telling;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::admin::{ListenError, Surface};
use crate::cli::DemoArguments;
use crate::clock::Clock;
use crate::config::{Config, Delivery};
use crate::kafka::mock::MockCluster;
use crate::offline::demo::story::DAY_ENDS;
use crate::offline::demo::{Pacing, Story, closing};
use crate::runtime::{self, Parts, Settings, Stop};
use crate::telemetry::logs::{self, Format};

use super::beside::{Beside, Unable};
use super::failure::Failure;
use super::output::Out;
use super::service;

use stage::{PARTITIONS, Stage};
use telling::Telling;

/// Longest wait for an alert before the next record, a signal, or the service is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Ports to try for HTTP before any that is free.
const PORTS: std::ops::Range<u16> = 8080..8100;

pub(super) fn run(arguments: &DemoArguments, out: &mut Out) -> Result<(), Failure> {
    logs::start("error", Format::Text);
    let config = config();
    let topics = &config.topics;
    let changelog = config.changelog_topic();
    let names = [&topics.input, &topics.alerts, &topics.alerts_state, &topics.dead_letters, &changelog];
    // Declared before its clients, so that it ends after them.
    let mock = MockCluster::start(&names.map(|name| (name.as_str(), PARTITIONS))).map_err(Failure::other)?;
    let settings = Settings { cluster: mock.cluster(), check_topics: false, ..service::settings(&config)? };
    let parts = service::parts(&config)?;
    let asked = Arc::new(Stop::new());
    let surface = || service::surface(&config, &parts);
    let beside = if arguments.once { Beside::start(None, surface(), &asked)? } else { with_http(surface, &asked)? };

    let story = Story::new(arguments.seed);
    let mut telling = Telling::new(&story, arguments.once, out);
    telling.open(&story, beside.address())?;
    let (stage, service) = (Stage::set(&settings)?, Service::start(&settings, &parts));
    let play = Play { stage, telling, service, parts: &parts, asked: &asked };
    play.day(&story, if arguments.once { Pacing::Once } else { Pacing::Day })?;
    if !arguments.once {
        while !asked.is_requested() {
            thread::sleep(LOOK);
        }
    }
    beside.end();
    Ok(())
}

/// The defaults, but for what the broker inside the process cannot do, and for the wall clock: the day was in March.
fn config() -> Config {
    let mut config = Config::default();
    config.kafka.instance_id = Some("demo".into());
    config.runtime.workers = Some(1);
    config.runtime.delivery = Delivery::AtLeastOnce;
    config.time.idle_after = None;
    config
}

/// Listens on the usual port, or the next one that is free.
fn with_http(surface: impl Fn() -> Surface, asked: &Arc<Stop>) -> Result<Beside, Unable> {
    let at = |port| Beside::start(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port))), surface(), asked);
    for port in PORTS {
        match at(port) {
            Err(Unable::Listen(ListenError::InUse(_))) => {}
            result => return result,
        }
    }
    at(0)
}

/// The service on its own thread.
struct Service {
    thread: JoinHandle<Result<(), runtime::Failure>>,
    stop: Arc<Stop>,
}

impl Service {
    fn start(settings: &Settings, parts: &Parts) -> Service {
        let stop = Arc::new(Stop::new());
        let (settings, parts, asked) = (settings.clone(), parts.clone(), stop.clone());
        Service { thread: thread::spawn(move || runtime::run(&settings, &parts, &asked)), stop }
    }

    fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Everything that it was given is done and written when this returns.
    fn end(self) -> Result<(), runtime::Failure> {
        self.stop.request();
        self.thread.join().expect("the supervisor does not panic")
    }
}

/// The day while it is played.
struct Play<'p> {
    stage: Stage,
    telling: Telling<'p>,
    service: Service,
    parts: &'p Parts,
    /// Set by a signal.
    asked: &'p Stop,
}

impl Play<'_> {
    /// Plays the day to its end, or until it is asked to end.
    fn day(mut self, story: &Story, pacing: Pacing) -> Result<(), Failure> {
        for record in &story.history {
            self.stage.send(record)?;
        }
        let closing = closing(PARTITIONS.unsigned_abs(), DAY_ENDS);
        let mut day = story.day.iter().chain(&closing).peekable();
        // Nobody has to wait for the first thing that happens to a person of the story.
        let first = story.day.iter().find(|record| story.language(&record.key).is_some());
        let quiet = first.map_or(Duration::ZERO, |record| pacing.after(record.arrives));
        let began = Clock::monotonic();
        while !self.asked.is_requested() && !self.service.has_ended() {
            while let Some(record) = day.next_if(|record| began.elapsed() + quiet >= pacing.after(record.arrives)) {
                self.stage.send(record)?;
                self.telling.event(record)?;
            }
            for alert in self.stage.hear(LOOK)? {
                self.telling.alert(&alert)?;
            }
            if day.peek().is_none() && self.parts.metrics.consumed.get() >= self.stage.sent() {
                break;
            }
        }
        self.service.end()?;
        if self.asked.is_requested() {
            return Ok(());
        }
        for alert in self.stage.rest()? {
            self.telling.alert(&alert)?;
        }
        self.telling.close()
    }
}
