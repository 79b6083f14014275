//! The arguments of `lgx exec`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::code::CodeArgs;
use super::record::RecordArgs;

/// Run a command, such as the tests, against a server that lives as long as it does
///
/// The server has a free port and a state of its own, which is gone afterwards; the command finds its address in `LANGGRAPH_API_URL` and `LGX_URL`, and the programs of the project's environment first on its `PATH`. The exit code is that of the command: `lgx exec -- pytest -q`.
///
/// What the server says is shown on stderr when the command fails.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct ExecArgs {
    /// The project's configuration, or the directory it is in [default: langgraph.json, here or above]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Show what the server says at once
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Add a summary of the job to the file that `GITHUB_STEP_SUMMARY` names
    #[arg(long)]
    pub(crate) summary: bool,

    #[command(flatten)]
    pub(crate) record: RecordArgs,

    /// The port to listen on [default: any free one]
    #[arg(long)]
    pub(crate) port: Option<u16>,

    /// Give up a project that has not loaded after so many seconds; 0 never does [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) load_timeout: Option<u32>,

    /// Serve what does load; otherwise a graph or an `env` that does not ends the start
    #[arg(long)]
    pub(crate) no_strict: bool,

    #[command(flatten)]
    pub(crate) code: CodeArgs,

    /// Where threads and runs are kept, and stay [default: a directory that is removed at the end]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// The command to run, with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

const EXIT_CODES: &str = "\
Exit codes: that of the command; 128+N when signal N ended it, 127 when there is no such command, 126 when it cannot be run, \
1 when the project does not load or the server ends first";
