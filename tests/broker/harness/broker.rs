//! A real broker: one that most tests share, or one of a test's own to be killed.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use churnwatch::kafka::Cluster;

use super::wait_until;

/// Ports are taken in blocks: broker, controller, the listener behind a proxy, the proxy. A controller apart has the last
/// two.
const PORTS: std::ops::Range<u16> = 19_500..19_600;
const BLOCK: u16 = 4;

/// A broker in a folder. It ends with this process, whatever happens.
pub struct Broker {
    folder: PathBuf,
    port: u16,
    /// Its controller, if that is a process of its own.
    controller: Option<Box<Broker>>,
}

impl Broker {
    /// The broker that tests share which do not harm it.
    pub fn shared() -> &'static Broker {
        static SHARED: OnceLock<Broker> = OnceLock::new();
        SHARED.get_or_init(Broker::start_shared)
    }

    fn start_shared() -> Broker {
        let _one = one_at_a_time();
        let port = free_block();
        let broker = Broker { folder: own_folder().join(format!("broker-{port}")), port, controller: None };
        let (behind, proxy) = (broker.behind_proxy_port(), broker.proxy_port());
        broker.must(broker.script("start").arg(port.to_string()).args([
            // Tests do not wait as long as people.
            "group.min.session.timeout.ms=1000",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms=500",
            "log.cleaner.enable=false",
            // A second way in, through whatever listens on the proxy's port.
            &format!(
                "listeners=PLAINTEXT://127.0.0.1:{port},PROXY://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{}",
                port + 1
            ),
            &format!("advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXY://127.0.0.1:{proxy}"),
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXY:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name=PLAINTEXT",
        ]));
        broker
    }

    /// A broker of the caller's own, to be killed.
    ///
    /// Its controller is a process of its own. A broker that is its own controller believes after a crash that it still
    /// leads its partitions, until its old session is over; Apache Kafka 4.3.1 then drops the markers of transactions
    /// that were being committed ("these partitions are likely deleted already"), and with them commits that it has
    /// acknowledged.
    pub fn start_mortal() -> Broker {
        let _one = one_at_a_time();
        let port = free_block();
        let voters = format!("controller.quorum.voters=100@127.0.0.1:{}", port + 3);
        let controller =
            Broker { folder: own_folder().join(format!("controller-{port}")), port: port + 2, controller: None };
        let listener = format!("CONTROLLER://127.0.0.1:{}", port + 3);
        controller.must(controller.script("start").arg(controller.port.to_string()).args([
            "process.roles=controller",
            "node.id=100",
            &voters,
            &format!("listeners={listener}"),
            &format!("advertised.listeners={listener}"),
        ]));
        let folder = own_folder().join(format!("broker-{port}"));
        let broker = Broker { folder, port, controller: Some(Box::new(controller)) };
        broker.must(broker.script("start").arg(port.to_string()).args([
            "process.roles=broker",
            &voters,
            &format!("listeners=PLAINTEXT://127.0.0.1:{port}"),
            "group.min.session.timeout.ms=1000",
        ]));
        broker
    }

    /// Starts it again where it stood.
    pub fn start(&self) {
        self.must(&mut self.script("start"));
    }

    /// Stops it as an operator does.
    pub fn stop(&self) {
        self.must(&mut self.script("stop"));
    }

    /// SIGKILL, at once, and waits until it is gone and its controller has noticed.
    pub fn kill(&self) {
        let fenced = self.fencings();
        let pid = fs::read_to_string(self.folder.join("pid")).unwrap();
        let kill = format!("kill -KILL {}", pid.trim());
        assert!(Command::new("bash").args(["-c", &kill]).status().unwrap().success(), "{kill}");
        // Its threads hold ports and locks a moment longer, the first one as a zombie until nobody waits for it.
        let tasks = Path::new("/proc").join(pid.trim()).join("task");
        let threads = || fs::read_dir(&tasks).map_or(0, Iterator::count);
        let limit = Duration::from_secs(30);
        wait_until(limit, "the end of a killed broker", || threads() <= 1 && is_free(self.port));
        if self.controller.is_some() {
            wait_until(limit, "the end of its session", || self.fencings() > fenced);
        }
    }

    /// How often the controller has found it dead.
    fn fencings(&self) -> usize {
        let log = |controller: &Broker| fs::read_to_string(controller.folder.join("broker.log")).unwrap();
        self.controller.as_ref().map_or(0, |controller| log(controller).matches("Fencing broker 1 ").count())
    }

    /// Runs one of Kafka's own tools and returns what it printed.
    pub fn tool(&self, name: &str, arguments: &[&str]) -> String {
        let output = self.must(self.script("tool").arg(name).args(arguments));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The listener that a proxy must forward to.
    pub fn behind_proxy_port(&self) -> u16 {
        self.port + 2
    }

    /// Where a proxy must listen: the broker tells clients that came through one to come back here.
    pub fn proxy_port(&self) -> u16 {
        self.port + 3
    }

    /// How the library reaches it.
    pub fn cluster(&self) -> Cluster {
        Cluster { bootstrap_servers: format!("127.0.0.1:{}", self.port), properties: Vec::new() }
    }

    /// A folder for the files of one test.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.with_file_name(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn script(&self, action: &str) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kafka"));
        // The jars lie where the build does.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        command.arg(action).arg(&self.folder).env("KAFKA_OWNER_PID", std::process::id().to_string());
        command.env("CARGO_TARGET_DIR", target).env("KAFKA_START_S", "120");
        command
    }

    fn must(&self, command: &mut Command) -> Output {
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {text}");
        output
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Its own watcher ends it otherwise, a moment after this process.
        let _ = self.script("kill").output();
    }
}

/// Brokers start one after the other, so that two do not find the same ports free.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static STARTING: Mutex<()> = Mutex::new(());
    STARTING.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The folder of this process. Those of processes that are gone are removed first.
fn own_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broker");
    let own = root.join(std::process::id().to_string());
    if !own.exists() {
        for entry in fs::read_dir(&root).into_iter().flatten().flatten() {
            if !Path::new("/proc").join(entry.file_name()).exists() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        fs::create_dir_all(&own).unwrap();
    }
    own
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// The first port of a block of which all are free.
fn free_block() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let blocks = PORTS.len() as u16 / BLOCK;
    // Two test processes at a time begin their search at different places.
    let start = (std::process::id() % u32::from(blocks)) as u16;
    for _ in 0..blocks {
        let block = PORTS.start + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % blocks * BLOCK;
        if (block..block + BLOCK).all(is_free) {
            return block;
        }
    }
    panic!("no ports free within {PORTS:?}");
}
