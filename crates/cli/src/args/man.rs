//! The arguments of `lgx man`.

use std::path::PathBuf;

use clap::Args;

/// Write the man pages of lgx and its commands into a folder
///
/// `lgx man ~/.local/share/man/man1`, and then `man lgx-dev`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
