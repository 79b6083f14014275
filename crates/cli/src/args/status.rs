//! The arguments of `lgx status`.

use clap::Args;

use super::project::{ProjectArgs, StateArgs};

/// Say whether a server of the project runs, where, and what the project keeps
///
/// Exit code 0 when a server runs, 1 when none does.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Ask the server whether it is ready, and exit with 1 while it is not
    #[arg(long)]
    pub(crate) ready: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
