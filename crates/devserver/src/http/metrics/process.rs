//! What the operating system says about this process.

use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers of this process; those that the system does not tell are missing.
#[derive(Debug, Default)]
pub(super) struct Process {
    /// When it started to serve, in seconds since the Unix epoch.
    pub started: f64,
    /// Processor time, in seconds.
    pub cpu: Option<f64>,
    /// Memory in use, in bytes.
    pub resident: Option<f64>,
    /// Address space, in bytes.
    pub virtual_size: Option<f64>,
    /// Open files and sockets.
    pub open_files: Option<f64>,
}

impl Process {
    /// The numbers as they are now.
    pub(super) fn now(since: SystemTime) -> Self {
        let started = since
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |time| time.as_secs_f64());
        Self {
            started,
            ..Self::of_system()
        }
    }

    /// Linux tells in files that are always in memory.
    #[cfg(target_os = "linux")]
    fn of_system() -> Self {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
        let status = read("status").unwrap_or_default();
        let files = std::fs::read_dir("/proc/self/fd").ok();
        Self {
            started: 0.0,
            cpu: read("stat").as_deref().and_then(cpu_seconds),
            resident: kilobytes(&status, "VmRSS:"),
            virtual_size: kilobytes(&status, "VmSize:"),
            #[expect(clippy::cast_precision_loss, reason = "nobody has so many files open")]
            open_files: files.map(|files| files.count() as f64),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of_system() -> Self {
        Self::default()
    }
}

/// User and system time of a line of `/proc/self/stat`, which counts hundredths of a second.
#[cfg(target_os = "linux")]
fn cpu_seconds(stat: &str) -> Option<f64> {
    // The second field is a name in parentheses, which may have spaces.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut hundredths = || fields.next()?.parse::<f64>().ok();
    Some((hundredths()? + hundredths()?) / 100.0)
}

/// A line of `/proc/self/status`, in bytes.
#[cfg(target_os = "linux")]
fn kilobytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let number: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(number * 1024.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_linux_are_understood() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 9 0 100 1000 10";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds(""), None);
        let status = "Name:\tlgx\nVmSize:\t  2048 kB\nVmRSS:\t    10 kB\n";
        assert_eq!(kilobytes(status, "VmRSS:"), Some(10240.0));
        assert_eq!(kilobytes(status, "VmSwap:"), None);
        let process = Process::now(SystemTime::now());
        assert!(process.started > 1.7e9 && process.resident > Some(1e5));
        assert!(process.virtual_size >= process.resident && process.open_files > Some(2.0));
    }
}
