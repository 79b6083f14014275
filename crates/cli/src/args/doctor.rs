//! The arguments of `lgx doctor`.

use clap::Args;

use super::interpreters::InterpreterArgs;
use super::project::{ProjectArgs, StateArgs};

/// Look for what keeps lgx or the project from working on this machine
///
/// Looks at the interpreters and the version of langgraph, the variables that the project needs, the port, the limits of the system, the state, and proxies. Each line says how it is, and what to do where it is not well. Works outside of a project too. Nothing is started but programs that are asked for their version, and no value of a variable is ever shown.
///
/// Exits with 1 if something fails; warnings and notes are no failures.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// The port that is to be free
    #[arg(long, value_name = "PORT", default_value_t = 2024)]
    pub(crate) port: u16,

    #[command(flatten)]
    pub(crate) interpreters: InterpreterArgs,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
