//! A command that a person runs at a terminal, with a test in the place of the person.

use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::{Lines, Terminal, end_in_time};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running command with all of its streams on one terminal. Killed when dropped.
pub struct AtTerminal {
    child: Child,
    terminal: Terminal,
    shown: Lines,
}

impl AtTerminal {
    /// Runs it.
    pub fn start(command: &Command) -> Result<Self> {
        let (terminal, stdin, stderr) = Terminal::open()?;
        let mut command = in_its_own_session(command);
        let shown = terminal.lines()?;
        let child = command
            .env("TERM", "xterm")
            .stdin(stdin)
            .stdout(stderr.try_clone()?)
            .stderr(stderr)
            .spawn()?;
        // What it holds of our end of a terminal goes, so that the end of the child is seen.
        drop(command);
        Ok(Self {
            child,
            terminal,
            shown,
        })
    }

    /// Types a line and Enter, once a line has been begun with this.
    pub fn answer(&mut self, prompt: &str, line: &str) -> Result<()> {
        self.press(prompt, &format!("{line}\r"))
    }

    /// Types as it is, once a line has been begun with this; `\x04` is Ctrl-D.
    pub fn press(&mut self, prompt: &str, keys: &str) -> Result<()> {
        self.shown.wait_for_beginning(PATIENCE, prompt)?;
        self.terminal.press(keys)
    }

    /// Types as it is.
    pub fn keys(&mut self, keys: &str) -> Result<()> {
        self.terminal.press(keys)
    }

    /// Waits for a line, from line `from` on, that holds this; how many lines there are then.
    pub fn wait_for(&self, from: usize, part: &str) -> Result<usize> {
        self.shown
            .wait_for(from, PATIENCE, |line| line.contains(part))?;
        Ok(self.shown.len())
    }

    /// Waits until a line has been begun that holds this.
    pub fn wait_for_beginning(&self, part: &str) -> Result<()> {
        self.shown.wait_for_beginning(PATIENCE, part)
    }

    /// Whether the terminal hands over lines, as [`Terminal::gives_lines`].
    pub fn gives_lines(&self) -> Result<bool> {
        self.terminal.gives_lines()
    }

    /// Presses Ctrl-C while it does not read keys itself.
    pub fn interrupt(&self) -> Result<()> {
        let pid = Pid::from_raw(self.child.id().try_into()?).context("a process has an id")?;
        Ok(kill_process(pid, Signal::INT)?)
    }

    /// Waits for its end: its exit code, and all that was on the screen.
    pub fn wait(mut self) -> Result<(Option<i32>, String)> {
        let status = end_in_time(&mut self.child)?;
        // The end of the output is later than that of the process; no line is the one that is looked for.
        drop(self.shown.wait_for(0, PATIENCE, |_| false));
        Ok((status.code(), self.shown.text()))
    }

    /// Waits for its end: its exit code, and whether the terminal hands over lines then.
    pub fn wait_and_look(mut self) -> Result<(Option<i32>, bool)> {
        let status = end_in_time(&mut self.child)?;
        Ok((status.code(), self.terminal.gives_lines()?))
    }
}

/// The command as the one that its terminal belongs to, as if it had been opened for it. Ctrl-C is a signal then while the program does not
/// read keys yet; without it, one that comes too early would be lost, and the program would wait for ever.
fn in_its_own_session(command: &Command) -> Command {
    let mut session = Command::new("setsid");
    session.arg("--ctty").arg(command.get_program());
    session.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => session.env(name, value),
            None => session.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        session.current_dir(folder);
    }
    session
}

impl Drop for AtTerminal {
    fn drop(&mut self) {
        // It may be over, which is as good.
        drop(self.child.kill());
        drop(end_in_time(&mut self.child));
    }
}
