//! The arguments that let a debugger attach to the project's code.

use clap::Args;

/// Debugging.
#[derive(Debug, Default, Args)]
pub(crate) struct DebugArgs {
    /// Let a debugger attach to the project's code at this port of this machine; 0 takes any free one
    #[arg(long, value_name = "PORT")]
    pub(crate) debug_port: Option<u16>,

    /// Load the project's code only once a debugger is attached
    #[arg(long, requires = "debug_port")]
    pub(crate) wait_for_client: bool,
}
