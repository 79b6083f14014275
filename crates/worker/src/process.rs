//! The worker's process: started in a group of its own, watched, and never left behind.

use std::ffi::OsString;
use std::fs::File;
use std::io::{PipeWriter, Read as _, Seek as _, SeekFrom};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use lgx_model::Runtime;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::UnixStream;
use tokio::process::Child;

use crate::death::ConnectionEnd;
use crate::output::Output;
use crate::{Callbacks, Death, StartError, payload, runtime};

/// The descriptor under which the worker finds the connection.
const CONNECTION_FD: i32 = 3;
/// The descriptor of the file into which it reports a crash of the interpreter.
const CRASH_FD: i32 = 4;
/// The descriptor of the pipe that ends with the server: then the kernel kills the worker's group.
const LIFELINE_FD: i32 = 5;
/// What is read of a crash report; faulthandler itself writes at most a hundred lines.
const LONGEST_REPORT: u64 = 64 * 1024;
/// How long a worker may take to exit after its connection has ended.
const EXIT: Duration = Duration::from_secs(2);

/// How to start a worker.
#[derive(Debug, Clone)]
pub struct Launch {
    /// What it is written in.
    pub runtime: Runtime,
    /// The interpreter.
    pub program: PathBuf,
    /// Where the worker's own sources are written, under a name that tells their content.
    pub runtime_dir: PathBuf,
    /// The directory it starts in.
    pub cwd: PathBuf,
    /// Its whole environment; nothing else is inherited.
    pub environment: Vec<(OsString, OsString)>,
}

/// A running worker process. Its whole group is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    group: Option<Pid>,
    output: Output,
    crash_report: File,
    /// Held open as long as the process is to live. Nobody inherits it.
    _lifeline: PipeWriter,
    /// The project's directory, and that of the worker's own sources: whose lines a crash report is about.
    root: PathBuf,
    sources: PathBuf,
    runtime: Runtime,
}

impl Process {
    /// Starts the process; the stream is its connection.
    pub(crate) fn spawn(
        launch: &Launch,
        callbacks: &Arc<dyn Callbacks>,
    ) -> Result<(Self, UnixStream), StartError> {
        let sources = payload::install(runtime::sources(launch.runtime), &launch.runtime_dir)
            .map_err(StartError::Sources)?;
        let execute = |source| StartError::Execute {
            program: launch.program.display().to_string(),
            source,
        };
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(execute)?;
        ours.set_nonblocking(true).map_err(execute)?;
        let stream = UnixStream::from_std(ours).map_err(execute)?;
        let crash_report = tempfile::tempfile().map_err(execute)?;
        let theirs_too = crash_report.try_clone().map_err(execute)?;
        let (lifeline, held) = std::io::pipe().map_err(execute)?;
        let mut command = std::process::Command::new(&launch.program);
        command
            .args(runtime::arguments(launch.runtime, sources))
            .current_dir(&launch.cwd)
            .env_clear()
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .env("LGX_WORKER_FD", CONNECTION_FD.to_string())
            .env("LGX_CRASH_FD", CRASH_FD.to_string())
            .env("LGX_LIFELINE_FD", LIFELINE_FD.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mappings = [
            (OwnedFd::from(theirs), CONNECTION_FD),
            (OwnedFd::from(theirs_too), CRASH_FD),
            (OwnedFd::from(lifeline), LIFELINE_FD),
        ]
        .map(|(parent_fd, child_fd)| FdMapping {
            parent_fd,
            child_fd,
        });
        command
            .fd_mappings(mappings.into())
            .map_err(|error| execute(std::io::Error::other(error)))?;
        // The command owns our copy of the worker's end; it goes at the end of this function, so that its death is seen.
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .map_err(execute)?;
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let output = Output::collect(child.stdout.take(), child.stderr.take(), callbacks);
        Ok((
            Self {
                child,
                group,
                output,
                crash_report,
                _lifeline: held,
                root: launch.cwd.clone(),
                sources: launch.runtime_dir.clone(),
                runtime: launch.runtime,
            },
            stream,
        ))
    }

    /// Resolves when the process has exited.
    pub(crate) async fn exited(&mut self) {
        // An error means that there is no such child any more, which is the same.
        let _ = self.child.wait().await;
    }

    /// Kills what is left of the group, and tells how the process ended.
    pub(crate) async fn kill(&mut self) -> Death {
        self.kill_group();
        let death = match self.child.wait().await {
            Ok(status) => Death::by_status(status),
            Err(error) => Death::with_cause(error.to_string()),
        };
        let report = read_report(&self.crash_report);
        Death {
            crash: runtime::crash(self.runtime, &report, &self.root, &self.sources).map(Box::new),
            ..death.with_stderr(self.output.last_words().await)
        }
    }

    /// Tells how a process ends whose connection has ended; it is killed if it does not by itself.
    pub(crate) async fn after_connection(&mut self, end: ConnectionEnd) -> Death {
        // Who has gone says why by its status, also when it was killed in the middle of a frame.
        let by_itself = !matches!(end, ConnectionEnd::Broken(_))
            && tokio::time::timeout(EXIT, self.exited()).await.is_ok();
        let death = self.kill().await;
        if by_itself {
            death
        } else {
            Death::by_connection(end).with_stderr(death.stderr)
        }
    }

    fn kill_group(&self) {
        if let Some(group) = self.group {
            // Fails only when nobody is left in it.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Reads what was written of a crash; nothing if there is none, or if it cannot be read. It is a file without a name that the server holds
/// open too: a pipe could be full, or held open by a child.
fn read_report(mut report: &File) -> String {
    let mut bytes = Vec::new();
    let read = report
        .seek(SeekFrom::Start(0))
        .and_then(|_| report.take(LONGEST_REPORT).read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Once the process has been waited for, the group has been killed already and its number may be someone else's.
        if self.child.id().is_some() {
            self.kill_group();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_crash_report_is_read_from_its_start() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"Fatal Python error: Aborted").unwrap();
        assert_eq!(read_report(&file), "Fatal Python error: Aborted");
    }
}
