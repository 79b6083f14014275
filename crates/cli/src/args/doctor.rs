//! The arguments of `lgx doctor`.

use std::path::PathBuf;

use clap::Args;

/// Look for what keeps lgx or the project from working on this machine
///
/// Looks at the interpreters and the version of langgraph, the variables that the project needs, the port, the limits of the system, the state, and proxies. Each line says how it is, and what to do where it is not well. Works outside of a project too. Nothing is started but programs that are asked for their version, and no value of a variable is ever shown.
///
/// Exits with 1 if something fails; warnings and notes are no failures.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The project's directory, or its configuration [default: langgraph.json, here or above]
    #[arg(conflicts_with = "config")]
    pub(crate) path: Option<PathBuf>,

    /// The project's configuration, or the directory it is in
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Where threads and runs are kept [default: .lgx beside the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// The port that is to be free
    #[arg(long, value_name = "PORT", default_value_t = 2024)]
    pub(crate) port: u16,

    #[arg(
        long,
        value_name = "PATH",
        help = "The Python that runs the project: an executable or a virtual environment [env: LGX_PYTHON]"
    )]
    pub(crate) python: Option<PathBuf>,

    #[arg(
        long,
        value_name = "PATH",
        help = "The Node.js that runs the project's JavaScript: an executable or the directory that it is installed in [env: LGX_NODE]"
    )]
    pub(crate) node: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
