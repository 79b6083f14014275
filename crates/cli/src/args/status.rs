//! The arguments of `lgx status`.

use std::path::PathBuf;

use clap::Args;

/// Say whether a server of the project runs, where, and what the project keeps
///
/// Exit code 0 when a server runs, 1 when none does.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The project's directory, or its configuration [default: langgraph.json, here or above]
    #[arg(conflicts_with = "config")]
    pub(crate) path: Option<PathBuf>,

    /// The project's configuration, or the directory it is in
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Where threads and runs are kept [default: .lgx beside the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
