//! Colours by meaning. Everything reads the same without them.

use std::fmt::Display;

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
