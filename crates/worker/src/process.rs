//! The worker's process: started in a group of its own, watched, and never left behind.

mod child;

use std::fs::File;
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use lgx_model::Runtime;
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

use self::child::Started;
pub(crate) use self::child::{Child, Forked};
use crate::crash_report::CrashReport;
use crate::death::ConnectionEnd;
use crate::output::{LogTarget, Output};
use crate::{Death, Launch, StartError, payload, runtime};

/// The descriptor under which the worker finds the connection.
const CONNECTION_FD: i32 = 3;
/// The descriptor of the file into which it reports a crash of the interpreter.
const CRASH_FD: i32 = 4;
/// The descriptor of the pipe that ends with the server: then the kernel kills the worker's group.
const LIFELINE_FD: i32 = 5;
/// The descriptor through which it asks for the project's code, where that has to be made.
const TRANSPILE_FD: i32 = 6;
/// How long a worker may take to exit after its connection has ended.
const EXIT: Duration = Duration::from_secs(2);

/// A running worker process. Its whole group is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    output: Output,
    crash_report: Arc<CrashReport>,
    /// Held open as long as the process is to live. Nobody inherits it.
    _lifeline: PipeWriter,
    runtime: Runtime,
}

/// How many descriptors a process is given.
pub(crate) const DESCRIPTORS: usize = 5;

/// The descriptors that a process is given.
pub(crate) struct Given {
    /// Its connection.
    connection: OwnedFd,
    crash_report: OwnedFd,
    lifeline: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl Given {
    /// In the order in which a forked worker takes them.
    pub(crate) fn as_fds(&self) -> [BorrowedFd<'_>; DESCRIPTORS] {
        [
            self.connection.as_fd(),
            self.crash_report.as_fd(),
            self.lifeline.as_fd(),
            self.stdout.as_fd(),
            self.stderr.as_fd(),
        ]
    }
}

/// The same, on this side.
pub(crate) struct Counterparts {
    stream: UnixStream,
    crash_report: File,
    lifeline: PipeWriter,
    output: Output,
}

/// Makes what a new process and this one will talk through.
pub(crate) fn ends(log: &Arc<LogTarget>) -> io::Result<(Given, Counterparts)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let crash_report = tempfile::tempfile()?;
    let (lifeline, held) = io::pipe()?;
    let (stdout, from_stdout) = pipe::pipe()?;
    let (stderr, from_stderr) = pipe::pipe()?;
    let ends = Given {
        connection: theirs.into(),
        crash_report: crash_report.try_clone()?.into(),
        lifeline: lifeline.into(),
        stdout: stdout.into_blocking_fd()?,
        stderr: stderr.into_blocking_fd()?,
    };
    let counterparts = Counterparts {
        stream: UnixStream::from_std(ours)?,
        crash_report,
        lifeline: held,
        output: Output::collect(from_stdout, from_stderr, log),
    };
    Ok((ends, counterparts))
}

/// Where a worker asks for the code of the project. Who answers it ends with it.
fn transpiled(launch: &Launch) -> io::Result<OwnedFd> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    lgx_transpile::spawn(ours, launch.transpiler.sources(), |_| ())?;
    Ok(theirs.into())
}

/// What kind of process an interpreter is started as.
#[derive(Clone, Copy)]
pub(crate) enum Role<'a> {
    /// A worker, which imports these modules ahead, if a file of them is named.
    Worker {
        /// A file with a JSON list.
        ahead: Option<&'a Path>,
    },
    /// One that workers are forked from.
    Zygote,
}

impl Process {
    /// Starts the process; the stream is its connection.
    pub(crate) fn spawn(
        launch: &Launch,
        role: Role<'_>,
        log: &Arc<LogTarget>,
    ) -> Result<(Self, UnixStream), StartError> {
        let sources = payload::place(runtime::sources(launch.runtime), launch)
            .map_err(StartError::Sources)?;
        let execute = |source| StartError::Execute {
            program: launch.program.display().to_string(),
            source,
        };
        let (theirs, ours) = ends(log).map_err(execute)?;
        let mut command = std::process::Command::new(&launch.program);
        command
            .args(runtime::arguments(launch, &sources))
            .current_dir(&launch.cwd)
            .env_clear()
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .env("LGX_WORKER_FD", CONNECTION_FD.to_string())
            .env("LGX_CRASH_FD", CRASH_FD.to_string())
            .env("LGX_LIFELINE_FD", LIFELINE_FD.to_string())
            .stdin(Stdio::null())
            .stdout(theirs.stdout)
            .stderr(theirs.stderr)
            .process_group(0);
        match role {
            Role::Worker { ahead: None } => {}
            Role::Worker { ahead: Some(ahead) } => {
                command.env("LGX_IMPORT_AHEAD", ahead);
            }
            Role::Zygote => {
                command.arg("zygote");
            }
        }
        let mut given = vec![
            (theirs.connection, CONNECTION_FD),
            (theirs.crash_report, CRASH_FD),
            (theirs.lifeline, LIFELINE_FD),
        ];
        if runtime::is_transpiled(launch) {
            command.env("LGX_TRANSPILE_FD", TRANSPILE_FD.to_string());
            given.push((transpiled(launch).map_err(execute)?, TRANSPILE_FD));
        }
        let mappings = given.into_iter().map(|(parent_fd, child_fd)| FdMapping {
            parent_fd,
            child_fd,
        });
        command
            .fd_mappings(mappings.collect())
            .map_err(|error| execute(io::Error::other(error)))?;
        // The command owns our copies of the worker's ends; they go at the end of this function, so that its death is seen.
        let child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .map_err(execute)?;
        Ok(Self::new(launch, Child::Started(Started::new(child)), ours))
    }

    /// A process that is running.
    pub(crate) fn new(launch: &Launch, child: Child, ours: Counterparts) -> (Self, UnixStream) {
        let process = Self {
            child,
            output: ours.output,
            crash_report: Arc::new(CrashReport::of(launch, ours.crash_report)),
            _lifeline: ours.lifeline,
            runtime: launch.runtime,
        };
        (process, ours.stream)
    }

    /// What it is written in.
    pub(crate) const fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// What its interpreter writes without being able to run.
    pub(crate) const fn crash_report(&self) -> &Arc<CrashReport> {
        &self.crash_report
    }

    /// Resolves when the process has exited.
    pub(crate) async fn exited(&mut self) {
        self.child.exited().await;
    }

    /// Kills what is left of the group, and tells how the process ended.
    pub(crate) async fn kill(&mut self) -> Death {
        self.child.kill_group();
        let death = match self.child.status().await {
            Ok(status) => Death::by_status(status),
            Err(error) => Death::with_cause(error.to_string()),
        };
        Death {
            crash: self.crash_report.crash().map(Box::new),
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
}
