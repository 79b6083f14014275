//! The terminal of a command that runs in a group of its own: only the group in the foreground may read, and Ctrl-C is for that one.

use std::io::{self, IsTerminal as _};

use nix::sys::signal::{SigSet, Signal};
use rustix::process::{Pid, getpgrp};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

/// The terminal that this process has in the foreground, to be lent to another group.
#[derive(Debug)]
pub(super) struct LentTerminal {
    own: Pid,
}

impl LentTerminal {
    /// The one that stdin is, if this process is in its foreground.
    pub(super) fn of_stdin() -> Option<Self> {
        let terminal = Self { own: getpgrp() };
        (io::stdin().is_terminal() && terminal.is_own()).then_some(terminal)
    }

    /// Puts a group into the foreground, if this process is there.
    pub(super) fn lend(&self, group: Pid) {
        if self.is_own() {
            put_in_front(group);
        }
    }

    /// Puts this process into the foreground again.
    pub(super) fn take(&self) {
        put_in_front(self.own);
    }

    fn is_own(&self) -> bool {
        tcgetpgrp(io::stdin()).is_ok_and(|front| front == self.own)
    }
}

/// A process in the background that does so is stopped, unless the signal for that is blocked.
fn put_in_front(group: Pid) {
    let mut blocked = SigSet::empty();
    blocked.add(Signal::SIGTTOU);
    if blocked.thread_block().is_ok() {
        // The terminal may be gone.
        let _ = tcsetpgrp(io::stdin(), group);
        let _ = blocked.thread_unblock();
    }
}
