//! `churnwatch run` as a process of its own.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::{Scene, wait_until};

/// A running service. It is killed when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
    http_port: u16,
}

impl Process {
    /// Starts a process of the scene's group.
    pub fn start(scene: &Scene, instance: &str) -> Process {
        Process::start_with(scene, instance, &[])
    }

    /// Starts one with further settings, `section.key=value` each.
    pub fn start_with(scene: &Scene, instance: &str, settings: &[&str]) -> Process {
        let http_port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = scene.folder.join(format!("{instance}-{http_port}.log"));
        let mut command = scene.command(&["run"]);
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        command.env("CHURNWATCH__KAFKA__INSTANCE_ID", instance);
        command.env("CHURNWATCH__HTTP__LISTEN", format!("127.0.0.1:{http_port}"));
        let child = command.stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        Process { child, log, http_port }
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal: `TERM`, `STOP`, `CONT`.
    pub fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("bash").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < limit, "it still runs after {limit:?}; its log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGTERM, and waits for a clean end. Returns how long it took.
    pub fn stop(&mut self) -> Duration {
        let began = Instant::now();
        self.signal("TERM");
        let status = self.wait(Duration::from_secs(30));
        assert!(status.success(), "{status}; its log:\n{}", self.log());
        began.elapsed()
    }

    /// Everything it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until it has logged `text`.
    pub fn wait_for_log(&mut self, text: &str) {
        let began = Instant::now();
        while !self.log().contains(text) {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended before it said {text:?}:\n{}", self.log());
            assert!(began.elapsed() < Duration::from_secs(90), "it never said {text:?}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until `/readyz` says so.
    pub fn wait_until_ready(&self) -> Duration {
        wait_until(Duration::from_secs(90), "readiness", || self.get("/readyz").is_some_and(|(code, _)| code == 200))
    }

    /// Status and body of a page; `None` while nobody listens.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.http_port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", self.http_port)
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// How many transactions it has committed.
    pub fn commits(&self) -> f64 {
        self.metric(r#"churn_transactions_total{result="committed"}"#)
    }

    /// How many partitions it runs, as it says once a second.
    pub fn partitions(&self) -> usize {
        let page = self.get("/metrics").map_or(String::new(), |(_, body)| body);
        page.lines().filter(|line| line.starts_with("churn_customers{partition=")).count()
    }

    /// Waits until it counts `records` of the input as done, and no more than that. Others see a commit in the broker
    /// before the process that made it has heard of it.
    pub fn wait_until_counted(&self, records: u64) {
        let mut counted = 0.0;
        wait_until(Duration::from_secs(30), "the last commit is counted", || {
            counted = self.metric("churn_records_consumed_total");
            counted >= records as f64
        });
        assert_eq!(counted, records as f64, "what was done twice is counted once");
    }

    /// The value of a metric, `name{labels}` as it is printed; 0 while there is none.
    pub fn metric(&self, name: &str) -> f64 {
        let Some((200, body)) = self.get("/metrics") else { return 0.0 };
        let value = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
