//! A command in a process group of its own: what ends it ends all that it has started, and the terminal is its while it runs.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use super::terminal::LentTerminal;

/// The exit code of a shell for a command that signal `n` has ended is this and `n`.
pub(super) const BY_SIGNAL: u8 = 128;

/// A command that runs, with all it has started as far as they stay in its group.
pub(super) struct Group {
    leader: Child,
    /// The process id of the leader, which is not given away as long as nobody has waited for it.
    id: Pid,
    children: Signals,
    resumed: Signals,
    terminal: Option<LentTerminal>,
}

impl Group {
    /// Runs a program under the name it was called by. Its standard streams are those of this process.
    pub(super) fn start(
        program: &Path,
        name: &OsStr,
        arguments: &[OsString],
        variables: Vec<(OsString, OsString)>,
    ) -> io::Result<Self> {
        // Before it starts, so that no end is missed.
        let children = signal(SignalKind::child())?;
        let resumed = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        let terminal = LentTerminal::of_stdin();
        let leader = Command::new(program)
            .arg0(name)
            .args(arguments)
            .env_clear()
            .envs(variables)
            .process_group(0)
            .spawn()?;
        let id = Pid::from_child(&leader);
        let group = Self {
            leader,
            id,
            children,
            resumed,
            terminal,
        };
        group.go_on();
        Ok(group)
    }

    /// The exit code of the command, once it has ended.
    pub(super) async fn ended(&mut self) -> anyhow::Result<u8> {
        loop {
            if let Some(code) = self.code().context("cannot wait for the command")? {
                return Ok(code);
            }
            if self.has_stopped() {
                self.stop_along();
            }
            tokio::select! {
                _ = self.children.recv() => {}
                // A shell has brought this process to the front again.
                _ = self.resumed.recv() => self.go_on(),
            }
        }
    }

    /// Sends a signal to all of them.
    pub(super) fn send(&self, signal: Signal) {
        // All have gone.
        let _ = kill_process_group(self.id, signal);
    }

    /// Ends what the command has left behind, and lets go of it.
    pub(super) fn finish(mut self) {
        self.send(Signal::KILL);
        // It has ended, or does now.
        let _ = self.leader.wait();
    }

    /// Takes the terminal back, where it was lent.
    pub(super) fn take_terminal(&self) {
        if let Some(terminal) = &self.terminal {
            terminal.take();
        }
    }

    /// The exit code if the command has ended; nobody has waited for it then, so that the group keeps its number.
    fn code(&self) -> io::Result<Option<u8>> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let Some(status) = waitid(WaitId::Pid(self.id), options)? else {
            return Ok(None);
        };
        let ended_by = status.terminating_signal().map(|signal| {
            let number = u8::try_from(signal).unwrap_or(u8::MAX);
            BY_SIGNAL.saturating_add(number)
        });
        let code = status.exit_status().map(|code| {
            // What the system keeps of a code is a byte.
            u8::try_from(code & 0xff).unwrap_or(1)
        });
        Ok(ended_by.or(code))
    }

    /// Whether the command was stopped, as by Ctrl-Z, since this was last asked.
    fn has_stopped(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        waitid(WaitId::Pid(self.id), options).is_ok_and(|status| status.is_some())
    }

    /// Stops this process as well, for the shell that it was started from. Where there is none, that does nothing.
    fn stop_along(&self) {
        let Some(terminal) = &self.terminal else {
            return;
        };
        terminal.take();
        let _ = rustix::process::kill_current_process_group(Signal::TSTP);
        self.go_on();
    }

    /// Lends the terminal to the command, if this process has it, and lets the command go on.
    fn go_on(&self) {
        if let Some(terminal) = &self.terminal {
            terminal.lend(self.id);
            // It may have been stopped for reading too early.
            self.send(Signal::CONT);
        }
    }
}
