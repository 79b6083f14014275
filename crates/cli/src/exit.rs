//! How a command ended, and the exit code that says so.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked to do; so did a server that was stopped with SIGTERM.
    Success,
    /// It could not do it; the reason was printed.
    Failure,
    /// The command line was wrong.
    Usage,
    /// The graph that was run waits for an answer.
    Waiting,
    /// Ctrl-C, in a prompt or while serving.
    Interrupted,
    /// The command that was run ended with this code.
    Command(u8),
}

impl Outcome {
    /// The exit code, as documented in `docs/cli.md`.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Waiting => 3,
            Self::Interrupted => 130,
            Self::Command(code) => code,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}
