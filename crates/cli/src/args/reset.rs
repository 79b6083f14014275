//! The arguments of `lgx reset`.

use clap::Args;

use super::project::{ProjectArgs, StateArgs};

/// Remove what the project keeps: threads, runs, assistants, crons and memory
///
/// Says how much that is, and asks before. Where nobody can be asked, it needs `--yes`. While a server of the project runs, nothing is removed.
#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}
