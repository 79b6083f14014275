//! The arguments of `lgx reset`.

use std::path::PathBuf;

use clap::Args;

/// Remove what the project keeps: threads, runs, assistants, crons and memory
///
/// Says how much that is, and asks before. Where nobody can be asked, it needs `--yes`. While a server of the project runs, nothing is removed.
#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    /// The project's directory, or its configuration [default: langgraph.json, here or above]
    #[arg(conflicts_with = "config")]
    pub(crate) path: Option<PathBuf>,

    /// The project's configuration, or the directory it is in
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Where threads and runs are kept [default: .lgx beside the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}
