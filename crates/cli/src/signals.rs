//! The signals that ask a server to stop.

use std::io;

use rustix::process;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Outcome;

/// Waits for somebody to stop the server.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl StopSignals {
    /// From here on these signals no longer end the process by themselves.
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next one, and how the command ends because of it: a person interrupts, a script terminates.
    pub(crate) async fn next(&mut self) -> Outcome {
        if self.received().await == process::Signal::INT {
            Outcome::Interrupted
        } else {
            Outcome::Success
        }
    }

    /// The next one itself.
    pub(crate) async fn received(&mut self) -> process::Signal {
        tokio::select! {
            _ = self.interrupt.recv() => process::Signal::INT,
            _ = self.terminate.recv() => process::Signal::TERM,
            _ = self.hang_up.recv() => process::Signal::HUP,
        }
    }
}
