//! The service under test: the release binary, its settings, and what it tells over HTTP.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use churnwatch::clock::Clock;

use super::Error;
use super::arguments::Variant;
use super::broker::Broker;
use super::process::Usage;

/// Between two looks at a service that is starting.
const LOOK: Duration = Duration::from_millis(5);
/// A start or a stop that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(300);
/// Partitions of every topic.
pub const PARTITIONS: i32 = 4;

/// How to run the service.
pub struct Plan {
    variant: Variant,
    config: PathBuf,
    log: PathBuf,
    http_port: u16,
}

impl Plan {
    /// A group of its own, so that it starts with nothing.
    pub fn new(folder: &Path, broker: &Broker, variant: &Variant, name: &str) -> Result<Plan, Error> {
        let http_port = broker.port + 2;
        let group = format!("bench-{name}-{}", Clock::now().0);
        let text = format!(
            "[kafka]\nbootstrap_servers = [\"127.0.0.1:{}\"]\ngroup_id = \"{group}\"\ninstance_id = \"bench\"\n\
             [topics]\npartitions = {PARTITIONS}\n[runtime]\nworkers = 1\n[time]\nidle_after = \"off\"\n\
             [http]\nlisten = \"127.0.0.1:{http_port}\"\n[log]\nformat = \"text\"\n",
            broker.port
        );
        let config = folder.join(format!("{name}.toml"));
        fs::write(&config, text)?;
        Ok(Plan { variant: variant.clone(), config, log: folder.join(format!("{name}.log")), http_port })
    }

    /// The service begins with the next event to come.
    pub fn start_from_latest(mut self) -> Plan {
        self.variant.settings.push("kafka.start_from=latest".into());
        self
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.variant.program);
        command.args(words).arg("--config").arg(&self.config);
        for setting in &self.variant.settings {
            command.args(["--set", setting]);
        }
        command
    }

    /// Makes the topics that are missing.
    pub fn apply_topics(&self) -> Result<(), Error> {
        let done = self.command(&["topics", "apply"]).output()?;
        match done.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&done.stderr).into_owned().into()),
        }
    }

    /// Starts the service.
    pub fn start(&self) -> Result<Service, Error> {
        let started = Instant::now();
        let child = self
            .command(&["run"])
            .stdin(Stdio::null())
            .stderr(File::options().create(true).append(true).open(&self.log)?)
            .spawn()?;
        Ok(Service { child, started, http_port: self.http_port, log: self.log.clone() })
    }
}

/// The running service.
pub struct Service {
    child: Child,
    started: Instant,
    http_port: u16,
    log: PathBuf,
}

impl Service {
    /// Waits until the service says that it is ready; tells how long that took since it was started.
    pub fn ready(&mut self) -> Result<Duration, Error> {
        let deadline = self.started + PATIENCE;
        loop {
            if self.get("/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return Ok(self.started.elapsed());
            }
            self.is_alive(deadline)?;
            thread::sleep(LOOK);
        }
    }

    /// Fails if the process has ended, or `deadline` has passed.
    pub fn is_alive(&mut self, deadline: Instant) -> Result<(), Error> {
        let log = self.log.display();
        if let Some(status) = self.child.try_wait()? {
            return Err(format!("the service ended with {status}: see {log}").into());
        }
        if Instant::now() > deadline {
            return Err(format!("the service is too slow: see {log}").into());
        }
        Ok(())
    }

    /// What it has used.
    pub fn usage(&self) -> Result<Usage, Error> {
        Usage::of(self.child.id())
    }

    /// Its metrics.
    pub fn metrics(&self) -> Result<Metrics, Error> {
        Ok(Metrics(self.get("/metrics")?))
    }

    fn get(&self, page: &str) -> Result<String, Error> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.http_port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Asks it to finish and waits until it is gone; tells how long that took.
    pub fn stop(mut self) -> Result<Duration, Error> {
        let began = Instant::now();
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        while self.child.try_wait()?.is_none() {
            self.is_alive(began + PATIENCE)?;
            thread::sleep(LOOK);
        }
        Ok(began.elapsed())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has ended already, or the benchmark has failed: either way there is nothing to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `/metrics` said.
pub struct Metrics(String);

impl Metrics {
    /// The sum over all series called `name`; zero if there is none.
    pub fn sum(&self, name: &str) -> f64 {
        self.sum_of(name, "")
    }

    /// The sum over all series called `name` whose labels hold `label`, written as in `result="committed"`.
    pub fn sum_of(&self, name: &str, label: &str) -> f64 {
        let series = self.0.lines().filter_map(|line| line.strip_prefix(name));
        series
            .filter(|rest| rest.starts_with([' ', '{']) && rest.contains(label))
            .filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok())
            .fold(0.0, |sum, value| sum + value)
    }
}
