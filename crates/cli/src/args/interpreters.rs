//! The arguments that choose what executes the project's code.

use std::path::PathBuf;

use clap::Args;

/// An interpreter for each language.
#[derive(Debug, Default, Args)]
pub(crate) struct InterpreterArgs {
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
}
