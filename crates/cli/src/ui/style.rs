//! Colours by meaning, and the words that always have the same one. Everything reads the same without colour.

use std::fmt::Display;
use std::time::Duration;

use owo_colors::OwoColorize as _;

/// Something failed.
pub(crate) fn failure(text: impl Display) -> String {
    text.red().bold().to_string()
}

/// Something may be a mistake.
pub(crate) fn caution(text: impl Display) -> String {
    text.yellow().bold().to_string()
}

/// Something went well.
pub(crate) fn success(text: impl Display) -> String {
    text.green().to_string()
}

/// What to look at first.
pub(crate) fn strong(text: impl Display) -> String {
    text.bold().to_string()
}

/// A place, an address or a command.
pub(crate) fn place(text: impl Display) -> String {
    text.cyan().to_string()
}

/// What only some will read.
pub(crate) fn quiet(text: impl Display) -> String {
    text.dimmed().to_string()
}

/// Begins what failed.
pub(crate) fn error() -> String {
    failure("error:")
}

/// Begins what may be a mistake.
pub(crate) fn warning() -> String {
    caution("warning:")
}

/// Begins what to do about it.
pub(crate) fn help() -> String {
    strong("help:")
}

/// How much is kept: `12 threads, 3.1 MB`.
pub(crate) fn amount(threads: Option<u64>, bytes: u64) -> String {
    let bytes = megabytes(bytes);
    match threads {
        Some(1) => format!("1 thread, {bytes}"),
        Some(threads) => format!("{threads} threads, {bytes}"),
        None => bytes,
    }
}

/// The size of something, to a tenth of a megabyte.
#[expect(clippy::cast_precision_loss, reason = "a tenth of a megabyte is told")]
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// How long something took.
pub(crate) fn duration(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}
