//! Starts the workers, restarts those whose failure may pass, watches them, and stops them.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{error, info, warn};

use super::failure::{Failure, chain};
use super::settings::{Parts, Settings, Stop};
use super::startup;
use super::watchdog::Watchdog;
use super::worker::Worker;
use crate::clock::Clock;

/// How often workers are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Pause before a worker is started again; doubled each time up to the second one.
const RESTART_AFTER: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));
/// A cluster that does not answer for so long is told to be away.
const CHECK_WITHIN: Duration = Duration::from_secs(3);
/// What is wrong with the topics must stay wrong for so long: a broker learns of a new topic a moment after it was made.
const WRONG_FOR: Duration = Duration::from_secs(3);
/// A worker that ran for so long starts again without a longer pause.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// A worker as the supervisor sees it.
struct Seat {
    watchdog: Arc<Watchdog>,
    state: SeatState,
    pause: Duration,
}

enum SeatState {
    /// Since when.
    Running(Instant),
    /// Until when.
    Paused(Instant),
    Finished,
}

type Ended = (usize, Result<(), Failure>);

/// Runs all workers until `stop` is requested or one fails for good; then the others finish first.
///
/// After [`Failure::Hung`] and [`Failure::StopTookTooLong`] threads are left behind: the process must end.
pub fn run(settings: &Settings, parts: &Parts, stop: &Arc<Stop>) -> Result<(), Failure> {
    // There is no moment at which nobody objects yet.
    for id in 0..settings.workers {
        parts.health.set(&format!("worker {id}"), Some("starting".into()));
    }
    parts.health.set("service", None);
    if settings.check_topics && !check_topics(settings, parts, stop)? {
        return Ok(());
    }
    let (ended, ends) = mpsc::channel();
    let mut seats = Vec::with_capacity(settings.workers);
    for id in 0..settings.workers {
        let seat = Seat { watchdog: Arc::default(), state: SeatState::Finished, pause: RESTART_AFTER.0 };
        seats.push(seat);
        start(id, &mut seats[id], settings, parts, stop, &ended)?;
    }
    supervise(&mut seats, settings, parts, stop, &ended, &ends)
}

/// False: a stop was requested while the cluster was not there.
fn check_topics(settings: &Settings, parts: &Parts, stop: &Stop) -> Result<bool, Failure> {
    let mut pause = RESTART_AFTER.0;
    let mut wrong_since: Option<Instant> = None;
    parts.health.set("kafka", Some("connecting".into()));
    while !stop.is_requested() {
        match startup::check(&settings.cluster, &settings.topics, CHECK_WITHIN) {
            Ok(problems) if problems.is_empty() => {
                parts.health.set("kafka", None);
                return Ok(true);
            }
            Ok(problems) => {
                let failure = Failure::Topics(problems);
                let now = Clock::monotonic();
                if now >= *wrong_since.get_or_insert(now) + WRONG_FOR {
                    return Err(failure);
                }
                info!("looking again: {failure}");
                parts.health.set("kafka", Some(failure.to_string()));
                wait(RESTART_AFTER.0, stop);
            }
            Err(error) => {
                let failure = Failure::Kafka(error);
                if !failure.may_pass() {
                    return Err(failure);
                }
                parts.health.set("kafka", Some(format!("cannot be reached: {}", chain(&failure))));
                warn!(
                    servers = settings.cluster.bootstrap_servers,
                    "Kafka cannot be reached; trying again in {} s: {}",
                    pause.as_secs_f32(),
                    chain(&failure)
                );
                wait(pause, stop);
                pause = (pause * 2).min(RESTART_AFTER.1);
            }
        }
    }
    Ok(false)
}

fn wait(pause: Duration, stop: &Stop) {
    let until = Clock::monotonic() + pause;
    while !stop.is_requested() && Clock::monotonic() < until {
        thread::sleep(LOOK.min(pause));
    }
}

fn start(
    id: usize,
    seat: &mut Seat,
    settings: &Settings,
    parts: &Parts,
    stop: &Arc<Stop>,
    ended: &Sender<Ended>,
) -> Result<(), Failure> {
    let (settings, parts, stop, ended) = (settings.clone(), parts.clone(), stop.clone(), ended.clone());
    let watchdog = seat.watchdog.clone();
    let body = move || {
        let end = EndOfWorker { id, ended, result: Some(Err(Failure::Panicked(id))) };
        end.with(Worker::join(id, &settings, &parts, stop, watchdog).and_then(Worker::run));
    };
    let spawned = thread::Builder::new().name(format!("worker-{id}")).spawn(body);
    spawned.map_err(|_| Failure::Panicked(id))?;
    seat.state = SeatState::Running(Clock::monotonic());
    Ok(())
}

/// Tells the supervisor how a worker ended, a panic included.
struct EndOfWorker {
    id: usize,
    ended: Sender<Ended>,
    result: Option<Result<(), Failure>>,
}

impl EndOfWorker {
    fn with(mut self, result: Result<(), Failure>) {
        self.result = Some(result);
    }
}

impl Drop for EndOfWorker {
    fn drop(&mut self) {
        if let Some(result) = self.result.take() {
            // Nobody listens any more only when the process is about to end.
            let _ = self.ended.send((self.id, result));
        }
    }
}

fn supervise(
    seats: &mut [Seat],
    settings: &Settings,
    parts: &Parts,
    stop: &Arc<Stop>,
    ended: &Sender<Ended>,
    ends: &Receiver<Ended>,
) -> Result<(), Failure> {
    let mut failure = None;
    let mut stop_by: Option<Instant> = None;
    while seats.iter().any(|seat| !matches!(seat.state, SeatState::Finished)) {
        match ends.recv_timeout(LOOK) {
            Ok((id, result)) => {
                if let Some(last) = settle(id, &mut seats[id], result, parts, stop) {
                    failure.get_or_insert(last);
                    stop.request();
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => unreachable!("we hold a sender ourselves"),
        }
        let now = Clock::monotonic();
        for (id, seat) in seats.iter_mut().enumerate() {
            if let Some(doing) = seat.watchdog.overdue(now) {
                error!(worker = id, doing, "a call of the client library does not return; the process ends");
                return Err(Failure::Hung { worker: id, doing });
            }
            match seat.state {
                SeatState::Paused(_) if stop.is_requested() => seat.state = SeatState::Finished,
                SeatState::Paused(until) if now >= until => start(id, seat, settings, parts, stop, ended)?,
                SeatState::Paused(_) | SeatState::Running(_) | SeatState::Finished => {}
            }
        }
        if stop.is_requested() {
            if stop_by.is_none() {
                info!("stopping: workers commit what is done");
                parts.health.set("service", Some("stopping".into()));
            }
            if now >= *stop_by.get_or_insert(now + settings.shutdown_timeout) {
                return Err(failure.unwrap_or(Failure::StopTookTooLong));
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

/// A worker ended. Returns the failure if it is for good.
fn settle(id: usize, seat: &mut Seat, result: Result<(), Failure>, parts: &Parts, stop: &Stop) -> Option<Failure> {
    let ran_since = match seat.state {
        SeatState::Running(since) => since,
        SeatState::Paused(_) | SeatState::Finished => Clock::monotonic(),
    };
    seat.state = SeatState::Finished;
    let failure = match result {
        Ok(()) => return None,
        Err(failure) => failure,
    };
    if !failure.may_pass() {
        error!(worker = id, hint = failure.hint(), "{}", chain(&failure));
        parts.health.set(&format!("worker {id}"), Some(chain(&failure)));
        return Some(failure);
    }
    let now = Clock::monotonic();
    if now.saturating_duration_since(ran_since) > HEALTHY_AFTER {
        seat.pause = RESTART_AFTER.0;
    }
    warn!(worker = id, "starting again in {} s: {}", seat.pause.as_secs_f32(), chain(&failure));
    parts.health.set(&format!("worker {id}"), Some(format!("starting again: {}", chain(&failure))));
    if !stop.is_requested() {
        seat.state = SeatState::Paused(now + seat.pause);
        seat.pause = (seat.pause * 2).min(RESTART_AFTER.1);
    }
    None
}
