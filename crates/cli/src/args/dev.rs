//! The arguments of `lgx dev`.

use clap::Args;

use super::code::CodeArgs;
use super::debug::DebugArgs;
use super::dev_server::DevServerArgs;
use super::project::ProjectArgs;
use super::record::CassettesArgs;
use super::tunnel::TunnelArgs;

/// Serve the project in this directory with the Agent Server API
///
/// Saved changes are served at once, and threads and runs are kept in `.lgx` beside langgraph.json. One Ctrl-C stops the server cleanly, a second one at once.
///
/// A server that is ready says so for scripts: in the file of --ready-file, and with one line of JSON on stdout when that is not a terminal.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    #[command(flatten)]
    pub(crate) serve: DevServerArgs,

    #[command(flatten)]
    pub(crate) tunnel: TunnelArgs,

    /// Begin with no threads and runs; those of before are moved aside
    #[arg(long, conflicts_with_all = ["ephemeral", "state_dir"])]
    pub(crate) fresh: bool,

    /// Keep threads and runs in a temporary folder that goes with the server
    #[arg(long, conflicts_with = "state_dir")]
    pub(crate) ephemeral: bool,

    #[arg(
        long,
        value_name = "COMMAND",
        help = "Say whether a command, such as 'pytest -q', passes with each code that is loaded"
    )]
    pub(crate) on_reload: Option<String>,

    /// Record calls of models, and play what is recorded
    #[arg(long)]
    pub(crate) record: bool,

    #[command(flatten)]
    pub(crate) cassettes: CassettesArgs,

    #[command(flatten)]
    pub(crate) debug: DebugArgs,

    #[command(flatten)]
    pub(crate) code: CodeArgs,
}
