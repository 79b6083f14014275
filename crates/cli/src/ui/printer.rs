//! The two channels of a command: stdout is data, stderr is talk.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Tells the person something. There is nobody to tell when that fails.
pub(crate) fn say(text: impl Display) {
    let mut line = text.to_string();
    line.push('\n');
    // One write, so that lines from different threads do not mix.
    let _ = anstream::stderr().lock().write_all(line.as_bytes());
}

/// Puts out data that a program may read. A reader that has gone away has seen enough.
pub(crate) fn put(text: impl Display) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
