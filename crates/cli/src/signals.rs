//! The signals that ask a command to stop.

use std::io;

use anyhow::Context as _;
use rustix::process;
use tokio::runtime::Builder;
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

/// Does something to its end, unless somebody stops the command.
pub(crate) fn unless_stopped<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Result<T, Outcome>> {
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let done = runtime.block_on(async {
        let mut signals = StopSignals::catch().context("cannot listen for signals")?;
        tokio::select! {
            done = work => done.map(Ok),
            stopped = signals.next() => Ok(Err(match stopped {
                // Who stops a command has not got what it was asked for.
                Outcome::Success => Outcome::Failure,
                other => other,
            })),
        }
    });
    // What does not end by itself must not keep the process alive.
    runtime.shutdown_background();
    done
}
