//! A process that is to be waited for: one that was started here, or one that a zygote forked.
//!
//! The parent of a forked process is the zygote, so it alone can learn its status. Its end is seen here by a descriptor for the
//! process. The zygote reads the status when it is asked, which is after what is left of its group has been killed: until then its
//! number, and that of its group, cannot be anybody else's.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::spare::ZygoteCalls;

/// The leader of a process group. The group is killed when this is dropped, unless its end has been seen.
pub(crate) enum Child {
    /// A child of this process.
    Started(Started),
    /// A child of a zygote.
    Forked(Forked),
}

/// A child of this process.
pub(crate) struct Started {
    child: tokio::process::Child,
    group: Option<Pid>,
}

/// A child of a zygote.
pub(crate) struct Forked {
    pid: Pid,
    /// Readable once the process has ended.
    end: AsyncFd<OwnedFd>,
    zygote: ZygoteCalls,
    reaped: bool,
}

impl Started {
    /// A process that has just been started.
    pub(crate) fn new(child: tokio::process::Child) -> Self {
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Self { child, group }
    }
}

impl Forked {
    /// A process that the zygote has forked and not waited for.
    #[expect(
        deprecated,
        reason = "its successor is unsafe for types that may close their descriptor early, which `OwnedFd` does not"
    )]
    pub(crate) fn new(pid: Pid, zygote: ZygoteCalls) -> io::Result<Self> {
        let end = pidfd_open(pid, PidfdFlags::empty())?;
        Ok(Self {
            pid,
            end: AsyncFd::with_interest(end, Interest::READABLE)?,
            zygote,
            reaped: false,
        })
    }
}

impl Child {
    /// Resolves when the process has ended.
    pub(crate) async fn exited(&mut self) {
        // An error means that there is no such process any more, which is the same.
        match self {
            Self::Started(started) => drop(started.child.wait().await),
            Self::Forked(forked) => drop(forked.end.readable().await),
        }
    }

    /// How the process ended; waits for it.
    pub(crate) async fn status(&mut self) -> io::Result<ExitStatus> {
        match self {
            Self::Started(started) => started.child.wait().await,
            Self::Forked(forked) => {
                drop(forked.end.readable().await);
                forked.reaped = true;
                forked.zygote.reap(forked.pid).await
            }
        }
    }

    /// Kills what is left of its group.
    pub(crate) fn kill_group(&self) {
        let group = match self {
            Self::Started(started) => started.group,
            Self::Forked(forked) => (!forked.reaped).then_some(forked.pid),
        };
        if let Some(group) = group {
            // Fails only when nobody is left in it.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        match self {
            // Once the process has been waited for, the group has been killed already and its number may be someone else's.
            Self::Started(started) if started.child.id().is_none() => {}
            Self::Started(_) => self.kill_group(),
            Self::Forked(forked) if forked.reaped => {}
            Self::Forked(forked) => {
                let (zygote, pid) = (forked.zygote.clone(), forked.pid);
                self.kill_group();
                zygote.reap_later(pid);
            }
        }
    }
}
