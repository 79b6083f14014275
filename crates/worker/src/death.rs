//! How a worker ended, in words a person can act on.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use lgx_model::{RunId, ThreadId};

use crate::Diagnostic;

/// A run that a worker executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutingRun {
    /// Which.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
}

/// The end of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// `exit code 1`, `signal 9 (SIGKILL)`, `connection lost`, …; or why the server ended it.
    pub how: String,
    /// The last lines it wrote to stderr, if it ended by itself.
    pub stderr: Vec<String>,
    /// Whether the server ended it.
    pub by_server: bool,
    /// The run because of which the server ended it, where it was one.
    pub because_of: Option<RunId>,
    /// The runs that it executed.
    pub runs: Vec<ExecutingRun>,
    /// Those of them that another worker goes on with.
    pub going_on: Vec<ExecutingRun>,
    /// What the interpreter was at when it crashed, if it did.
    pub crash: Option<Box<Diagnostic>>,
}

/// Why the server ends a worker.
#[derive(Debug)]
pub(crate) struct EndReason {
    /// In words.
    pub(crate) how: String,
    /// The run that is at fault, where it is one.
    pub(crate) because_of: Option<RunId>,
}

/// How a connection came to its end, if the server did not end it.
#[derive(Debug)]
pub(crate) enum ConnectionEnd {
    /// The other end has gone.
    Closed,
    /// It has gone in the middle of a frame.
    Cut(String),
    /// What it said makes no sense.
    Broken(String),
}

impl Death {
    /// A death without last words.
    pub fn with_cause(how: impl Into<String>) -> Self {
        Self {
            how: how.into(),
            stderr: Vec::new(),
            by_server: false,
            because_of: None,
            runs: Vec::new(),
            going_on: Vec::new(),
            crash: None,
        }
    }

    /// Whether somebody else ended it without a word: a person, or the system when memory runs out.
    pub fn is_kill(&self) -> bool {
        !self.by_server && self.how.contains("SIGKILL")
    }

    /// The line of stderr that says most of why it ended: the last one, where Node.js has not put the rest of its report after it.
    pub fn last_words(&self) -> Option<&str> {
        let lines = || self.stderr.iter().rev().map(String::as_str);
        let mut said = lines().filter(|line| !line.trim().is_empty());
        let last = said.next()?;
        if !last.starts_with("Node.js v") {
            return Some(last);
        }
        // Before its version Node writes the error, where it was called, and what else the error holds.
        let is_message = |line: &&str| !line.starts_with([' ', '\t', '}', ']', ')']);
        said.find(is_message).or(Some(last))
    }

    /// The end of a worker that the server ended for this reason. What it wrote before is of no interest.
    pub(crate) fn by_server(reason: &EndReason) -> Self {
        Self {
            by_server: true,
            because_of: reason.because_of,
            ..Self::with_cause(&*reason.how)
        }
    }

    /// What the operating system says of the process.
    pub(crate) fn by_status(status: ExitStatus) -> Self {
        Self::with_cause(match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => match signal_name(signal) {
                Some(name) => format!("signal {signal} ({name})"),
                None => format!("signal {signal}"),
            },
            (None, None) => "unknown status".to_owned(),
        })
    }

    /// What the end of the connection says, when it came before the end of the process.
    pub(crate) fn by_connection(end: ConnectionEnd) -> Self {
        Self::with_cause(match end {
            ConnectionEnd::Closed => "connection lost".to_owned(),
            ConnectionEnd::Cut(reason) | ConnectionEnd::Broken(reason) => {
                format!("connection lost: {reason}")
            }
        })
    }

    pub(crate) fn with_stderr(self, stderr: Vec<String>) -> Self {
        Self { stderr, ..self }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.how)?;
        if let Some(line) = self.last_words() {
            write!(f, "; its last words: {line}")?;
        }
        Ok(())
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    use rustix::process::Signal;
    const NAMED: [(Signal, &str); 10] = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::TERM, "SIGTERM"),
    ];
    NAMED
        .into_iter()
        .find(|(named, _)| named.as_raw() == signal)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_and_signals_are_named() {
        assert_eq!(
            Death::by_status(ExitStatus::from_raw(1 << 8)).how,
            "exit code 1"
        );
        assert_eq!(
            Death::by_status(ExitStatus::from_raw(9)).how,
            "signal 9 (SIGKILL)"
        );
        assert_eq!(Death::by_status(ExitStatus::from_raw(31)).how, "signal 31");
    }

    #[test]
    fn the_last_line_that_says_something_is_shown() {
        let death = Death::with_cause("exit code 1").with_stderr(vec![
            "Traceback".into(),
            "ImportError: x".into(),
            String::new(),
        ]);
        assert_eq!(
            death.to_string(),
            "exit code 1; its last words: ImportError: x"
        );
    }

    #[test]
    fn of_a_report_of_node_the_error_is_shown() {
        let report = "node:internal/modules/run_main:123
    triggerUncaughtException(
    ^
Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ts-node' imported from /p/
    at packageResolve (node:internal/modules/esm/resolve:873:9) {
  code: 'ERR_MODULE_NOT_FOUND'
}

Node.js v20.20.2";
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        let death = Death::with_cause("exit code 1").with_stderr(lines(report));
        assert_eq!(
            death.last_words(),
            Some("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ts-node' imported from /p/")
        );
        let alone = Death::with_cause("exit code 1").with_stderr(lines("Node.js v20.20.2"));
        assert_eq!(alone.last_words(), Some("Node.js v20.20.2"));
    }
}
