//! What a process has used, as Linux counts it.

use std::fs::read_to_string;

use super::Error;

/// A second has so many ticks, on every Linux since 2.6.
const TICKS: f64 = 100.0;

/// What a process has used since it began.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// User and system, all threads, those that have ended too.
    pub cpu_seconds: f64,
    /// Resident memory now.
    pub resident_bytes: u64,
}

impl Usage {
    /// Of a process that is there.
    pub fn of(pid: u32) -> Result<Usage, Error> {
        let stat = read_to_string(format!("/proc/{pid}/stat"))?;
        // The name in parentheses may hold blanks; what follows it has none.
        let (_, fields) = stat.rsplit_once(')').ok_or("/proc/PID/stat has another form")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| -> Result<f64, Error> { Ok(fields.get(at).ok_or("too few fields")?.parse()?) };
        let status = read_to_string(format!("/proc/{pid}/status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = resident.and_then(|text| text.split_whitespace().next()).ok_or("no VmRSS")?;
        Ok(Usage { cpu_seconds: (ticks(11)? + ticks(12)?) / TICKS, resident_bytes: kilobytes.parse::<u64>()? * 1_024 })
    }
}

/// Processes that ran or wanted to, in the mean of the last minute.
pub fn load_average() -> f64 {
    let text = read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

/// The processor's name, and how many of it there are.
pub fn processor() -> String {
    let text = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{count} x {}", name.trim_start_matches([' ', '\t', ':']))
}
