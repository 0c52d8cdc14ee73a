//! The broker: one JVM with Kafka's own options for a server, scaled down to a small heap.

use std::path::{Path, PathBuf};
use std::process::Command;

use churnwatch::kafka::Cluster;

use super::Error;
use super::process::Usage;

/// A running broker. It is killed if this process goes away without `stop`.
pub struct Broker {
    folder: PathBuf,
    pid: u32,
    /// Its port; the controller's is the next one.
    pub port: u16,
}

impl Broker {
    /// Starts a broker in `folder`, with what was left there.
    pub fn start(folder: &Path, port: u16) -> Result<Broker, Error> {
        std::fs::create_dir_all(folder)?;
        let broker = |words: &[&str]| -> Result<(), Error> {
            let status = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/kafka"))
                .args(words)
                .env("KAFKA_JVM_OPTS", "-Xms1g -Xmx1g -XX:+UseG1GC -XX:MaxGCPauseMillis=20")
                .env("KAFKA_OWNER_PID", std::process::id().to_string())
                .status()?;
            if status.success() { Ok(()) } else { Err("the broker does not start".into()) }
        };
        let name = folder.to_str().ok_or("the folder's name is not UTF-8")?;
        broker(&["start", name, &port.to_string()])?;
        let pid = std::fs::read_to_string(folder.join("pid"))?.trim().parse()?;
        Ok(Broker { folder: folder.to_owned(), pid, port })
    }

    /// What it has used so far.
    pub fn usage(&self) -> Result<Usage, Error> {
        Usage::of(self.pid)
    }

    /// How to reach it.
    pub fn cluster(&self, properties: &[(&str, &str)]) -> Cluster {
        let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Cluster { bootstrap_servers: format!("127.0.0.1:{}", self.port), properties }
    }

    /// Ends it.
    pub fn stop(self) -> Result<(), Error> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/kafka");
        Command::new(script).arg("stop").arg(&self.folder).status()?;
        Ok(())
    }
}
