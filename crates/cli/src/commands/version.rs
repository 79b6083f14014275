//! `lgx version`: the same as `--version`, for those who look for a command.

use crate::exit::Outcome;
use crate::ui::printer;

/// Runs the command.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    printer::put(concat!("lgx ", env!("CARGO_PKG_VERSION")))?;
    Ok(Outcome::Success)
}
