//! The arguments of `lgx dev`.

use std::path::PathBuf;

use clap::Args;

use super::code::CodeArgs;
use super::debug::DebugArgs;
use super::record::CassettesArgs;
use super::serve::ServeArgs;
use super::tunnel::TunnelArgs;

/// Serve the project in this directory with the Agent Server API
///
/// Saved changes are served at once, and threads and runs are kept in `.lgx` beside langgraph.json. One Ctrl-C stops the server cleanly, a second one at once.
///
/// A server that is ready says so for scripts: in the file of --ready-file, and with one line of JSON on stdout when that is not a terminal.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// The project's directory, or its configuration [default: langgraph.json, here or above]
    #[arg(conflicts_with = "config")]
    pub(crate) path: Option<PathBuf>,

    /// The project's configuration, or the directory it is in
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) serve: ServeArgs,

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
