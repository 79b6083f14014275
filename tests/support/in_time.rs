//! Waiting for the end of a process, but not for ever: a test that hangs keeps all others from being heard, and says nothing itself.

use std::io;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::processes::descendants;

/// Longer than whatever a test runs takes, the installing of packages on a slow day among it.
const LIMIT: Duration = Duration::from_secs(600);

/// A command that has to come to an end.
pub trait EndsInTime {
    /// What it writes until it ends; it reads nothing.
    ///
    /// # Errors
    /// When it cannot be started, or had to be killed after ten minutes: what it has said.
    fn output_in_time(&mut self) -> Result<Output>;

    /// The same of one that reads this.
    ///
    /// # Errors
    /// As those of [`EndsInTime::output_in_time`].
    fn output_in_time_with(&mut self, stdin: Stdio) -> Result<Output>;

    /// How it ends; what it writes is written where the tests write, unless it was sent elsewhere.
    ///
    /// # Errors
    /// As those of [`EndsInTime::output_in_time`].
    fn status_in_time(&mut self) -> Result<ExitStatus>;
}

impl EndsInTime for Command {
    fn output_in_time(&mut self) -> Result<Output> {
        self.output_in_time_with(Stdio::null())
    }

    fn output_in_time_with(&mut self, stdin: Stdio) -> Result<Output> {
        self.stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = self.spawn().with_context(|| format!("{self:?}"))?;
        output_in_time(child).with_context(|| format!("{self:?}"))
    }

    fn status_in_time(&mut self) -> Result<ExitStatus> {
        let mut child = self.spawn().with_context(|| format!("{self:?}"))?;
        end_in_time(&mut child).with_context(|| format!("{self:?}"))
    }
}

/// What a process writes from now on until it ends.
///
/// # Errors
/// When it had to be killed after ten minutes: what it has said.
#[expect(clippy::disallowed_methods, reason = "this is what is used instead")]
pub fn output_in_time(child: Child) -> Result<Output> {
    let (output, killed) = within(LIMIT, child.id(), || child.wait_with_output())?;
    if killed {
        bail!(
            "it was killed, as it had not ended after {} s; it had said:\n{}\n{}",
            LIMIT.as_secs(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(output)
}

/// How a process ends.
///
/// # Errors
/// When it had to be killed after ten minutes.
#[expect(clippy::disallowed_methods, reason = "this is what is used instead")]
pub fn end_in_time(child: &mut Child) -> Result<ExitStatus> {
    let (status, killed) = within(LIMIT, child.id(), || child.wait())?;
    if killed {
        bail!("it was killed, as it had not ended after {LIMIT:?}");
    }
    Ok(status)
}

/// What this waits for, and whether the process had to be killed for it.
fn within<T>(
    limit: Duration,
    process: u32,
    wait: impl FnOnce() -> io::Result<T>,
) -> Result<(T, bool)> {
    let (ends, has_ended) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let is_late = has_ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
        if is_late {
            kill_with_descendants(process);
        }
        is_late
    });
    let waited = wait();
    drop(ends);
    let killed = watch.join().ok().context("the watch has failed")?;
    Ok((waited?, killed))
}

/// With what it started, as that may hold its output open.
fn kill_with_descendants(process: u32) {
    let below = descendants(process).unwrap_or_default();
    for id in below.into_iter().chain([process]) {
        if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
            // It may just have ended.
            let _ = kill_process(id, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the limit is one of this test")]
    fn a_process_that_does_not_end_is_killed_with_what_holds_its_output() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sleep 1000 & wait"]);
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        let limit = Duration::from_millis(300);
        let (output, killed) = within(limit, child.id(), || child.wait_with_output()).unwrap();
        assert!(killed);
        assert_eq!(output.stdout, b"begun\n");
    }

    #[test]
    fn a_process_that_ends_is_left_alone() {
        let output = Command::new("sh")
            .args(["-c", "cat; echo seen; exit 3"])
            .output_in_time()
            .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(output.stdout, b"seen\n");
    }
}
