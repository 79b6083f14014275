//! Processes that live, and the wait for their end.

use std::os::fd::OwnedFd;

use anyhow::{Context, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How long processes may take to go.
const PATIENCE: Timespec = Timespec {
    tv_sec: 30,
    tv_nsec: 0,
};

/// Processes that live, held on to by more than their numbers, which others may get later.
pub struct Alive(Vec<(u32, OwnedFd)>);

impl Alive {
    /// These, as far as they live.
    pub fn of(pids: &[u32]) -> Result<Self> {
        let mut alive = Vec::new();
        for &pid in pids {
            let id = Pid::from_raw(i32::try_from(pid)?).context("a process id is not 0")?;
            // One that has gone cannot be held.
            let held = pidfd_open(id, PidfdFlags::empty()).ok();
            alive.extend(held.map(|held| (pid, held)));
        }
        Ok(Self(alive))
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Waits until one of them has gone.
    pub fn one_gone(self) -> Result<()> {
        let mut watched: Vec<_> = self
            .0
            .iter()
            .map(|(_, held)| PollFd::new(held, PollFlags::IN))
            .collect();
        let ended = poll(&mut watched, Some(&PATIENCE))?;
        let pids: Vec<u32> = self.0.iter().map(|(pid, _)| *pid).collect();
        ensure!(ended > 0, "all of the processes {pids:?} live on");
        Ok(())
    }

    /// Waits until all of them have gone.
    pub fn gone(self) -> Result<()> {
        for (pid, held) in self.0 {
            let ended = poll(&mut [PollFd::new(&held, PollFlags::IN)], Some(&PATIENCE))?;
            ensure!(ended > 0, "process {pid} lives on");
        }
        Ok(())
    }
}
