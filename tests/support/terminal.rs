//! A terminal for a server to run on, with a test in the place of the person.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use anyhow::Result;
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::Lines;

/// The person's side of a terminal.
pub struct Terminal {
    side: File,
}

impl Terminal {
    /// A new terminal, and the program's side of it, for its stdin and its stderr.
    pub(crate) fn open() -> Result<(Self, OwnedFd, OwnedFd)> {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&person)?;
        unlockpt(&person)?;
        let name = ptsname(&person, Vec::new())?;
        let program = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let stderr = program.try_clone()?;
        let side = File::from(person);
        Ok((Self { side }, program, stderr))
    }

    /// What is shown on it.
    pub(crate) fn lines(&self) -> Result<Lines> {
        Ok(Lines::of(self.side.try_clone()?))
    }

    /// Types a line and Enter.
    pub fn enter(&mut self, line: &str) -> Result<()> {
        self.press(&format!("{line}\n"))
    }

    /// Types as it is; `\x04` is Ctrl-D.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        Ok(self.side.write_all(keys.as_bytes())?)
    }

    /// Whether it hands over lines, which it shows while they are typed, as a shell finds it; else each key at once, unseen.
    pub fn gives_lines(&self) -> Result<bool> {
        let modes = tcgetattr(&self.side)?.local_modes;
        Ok(modes.contains(LocalModes::ICANON | LocalModes::ECHO))
    }
}
