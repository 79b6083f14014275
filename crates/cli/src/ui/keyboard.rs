//! Reads what a person types, line by line, with the line editing of the terminal itself.
//!
//! The terminal's settings are never changed, so nothing has to be put back however the server ends. A server in the background
//! (`lgx dev &`) does not read: what is typed then is for the shell, and the kernel would stop a process that took it.

use std::io::{self, BufRead, StdinLock};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

/// How long to leave the terminal alone when somebody types while the server is in the background.
const BACKGROUND: Duration = Duration::from_secs(1);

/// Calls `typed` with each line and its newline, an empty one when the person ended the input (Ctrl-D); none when the terminal is gone.
/// It does so on a thread of its own, which ends with the process.
pub(crate) fn listen(typed: impl Fn(Option<String>) + Send + 'static) -> io::Result<()> {
    let listener = thread::Builder::new().name("keyboard".to_owned());
    listener.spawn(move || {
        let mut stdin = io::stdin().lock();
        while let Some(line) = read(&mut stdin) {
            typed(Some(line));
        }
        typed(None);
    })?;
    Ok(())
}

fn read(stdin: &mut StdinLock<'_>) -> Option<String> {
    loop {
        let mut waiting = [PollFd::new(stdin, PollFlags::IN)];
        match poll(&mut waiting, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
        }
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if waiting[0].revents().intersects(gone) {
            return None;
        }
        // A terminal that is not the controlling one has no foreground, and stops nobody.
        if tcgetpgrp(&*stdin).map_or(true, |foreground| foreground == getpgrp()) {
            break;
        }
        thread::sleep(BACKGROUND);
    }
    let mut line = Vec::new();
    stdin.read_until(b'\n', &mut line).ok()?;
    Some(String::from_utf8_lossy(&line).into_owned())
}
