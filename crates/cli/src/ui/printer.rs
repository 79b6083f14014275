//! The two channels of a command: stdout is data, stderr is talk.

use std::fmt::Display;
use std::io::{self, Write};

use anstream::adapter::StripBytes;
use anstream::{AutoStream, ColorChoice};

/// Standard error. What is written at once goes out in one write, so that lines of different threads and processes do not mix; without
/// colours where they are not shown.
#[derive(Debug)]
pub(crate) struct Talk {
    /// Takes colours out, where they are not shown; it remembers one that was begun.
    plain: Option<StripBytes>,
}

impl Talk {
    /// Standard error as it is now.
    pub(crate) fn new() -> Self {
        let is_plain = AutoStream::choice(&io::stderr()) == ColorChoice::Never;
        Self {
            plain: is_plain.then(StripBytes::new),
        }
    }
}

impl Write for Talk {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if let Some(plain) = &mut self.plain {
            let parts: Vec<&[u8]> = plain.strip_next(text).collect();
            io::stderr().write_all(&parts.concat())?;
        } else {
            io::stderr().write_all(text)?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Tells the person something. There is nobody to tell when that fails.
pub(crate) fn say(text: impl Display) {
    let mut line = text.to_string();
    line.push('\n');
    let _ = Talk::new().write_all(line.as_bytes());
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
