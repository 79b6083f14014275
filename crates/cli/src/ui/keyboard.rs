//! Reads what a person types, key by key or line by line as the [`TypingMode`] has it.
//!
//! A server in the background (`lgx dev &`) does not read: what is typed then is for the shell, and the kernel would stop a process
//! that took it.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

use super::typing_mode::{Typing, TypingMode};

/// How long to leave the terminal alone when somebody types while the server is in the background.
const BACKGROUND: Duration = Duration::from_secs(1);
/// A terminal gives no longer line than this at once.
const LONGEST: usize = 4096;
/// What Ctrl-Z and Ctrl-\ are, where the terminal does not act on them.
const CTRL_Z: &[u8] = b"\x1a";
const CTRL_BACKSLASH: &[u8] = b"\x1c";

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TypedInput {
    /// Keys that came at once: one if a person pressed it, more if they were pasted or if it is a key with a longer name.
    Keys(String),
    /// A line with its newline; without one if the person ended the input there (Ctrl-D).
    Line(String),
    /// The terminal is gone.
    NoMore,
}

/// Calls `typed` with all that is typed. It does so on a thread of its own, which ends with the process.
pub(crate) fn listen(
    mode: Arc<TypingMode>,
    typed: impl Fn(TypedInput) + Send + 'static,
) -> io::Result<()> {
    let listener = thread::Builder::new().name("keyboard".to_owned());
    mode.want(Typing::Keys);
    listener.spawn(move || {
        let mut line = Vec::new();
        while let Some((typing, bytes)) = read(&mode) {
            match typing {
                Typing::Keys => press(&bytes, &mode, &typed),
                Typing::Lines => {
                    line.extend_from_slice(&bytes);
                    if bytes.is_empty() || bytes.ends_with(b"\n") {
                        let whole = std::mem::take(&mut line);
                        typed(TypedInput::Line(text(&whole)));
                        // It came by the line because the terminal was somebody else's when keys were wanted.
                        mode.resume();
                    }
                }
            }
        }
        typed(TypedInput::NoMore);
    })?;
    Ok(())
}

/// Sets the terminal as it was whenever the process goes on after it was stopped.
pub(crate) async fn resume_when_continued(mode: Arc<TypingMode>) {
    let Ok(mut continued) = signal(SignalKind::from_raw(Signal::CONT.as_raw())) else {
        // The next line that is entered does it.
        return;
    };
    while continued.recv().await.is_some() {
        mode.resume();
    }
}

fn press(bytes: &[u8], mode: &TypingMode, typed: &impl Fn(TypedInput)) {
    match bytes {
        CTRL_Z => mode.send_as_terminal(Signal::TSTP),
        CTRL_BACKSLASH => mode.send_as_terminal(Signal::QUIT),
        _ => typed(TypedInput::Keys(text(bytes))),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What comes next, and how; none when the terminal is gone.
fn read(mode: &TypingMode) -> Option<(Typing, Vec<u8>)> {
    // Read without its buffer: what is typed while keys are wanted is no line.
    let stdin = io::stdin();
    loop {
        let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut waiting, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
        }
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if waiting[0].revents().intersects(gone) {
            return None;
        }
        if mode.is_in_front() {
            break;
        }
        thread::sleep(BACKGROUND);
    }
    let before = mode.typing();
    let mut bytes = vec![0; LONGEST];
    let count = loop {
        match rustix::io::read(&stdin, &mut bytes) {
            Ok(count) => break count,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    };
    bytes.truncate(count);
    // Somebody may have begun to ask meanwhile.
    let is_line =
        before == Typing::Lines || (mode.typing() == Typing::Lines && bytes.ends_with(b"\n"));
    let typing = if is_line { Typing::Lines } else { Typing::Keys };
    Some((typing, bytes))
}
