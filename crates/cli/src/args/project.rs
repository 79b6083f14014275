//! The arguments by which a command finds its project, and what the project keeps.

use std::path::PathBuf;

use clap::Args;

use crate::context::Context;

/// The project, by either of its names.
#[derive(Debug, Args)]
pub(crate) struct ProjectArgs {
    /// The project's directory, or its configuration [default: langgraph.json, here or above]
    #[arg(conflicts_with = "config")]
    pub(crate) path: Option<PathBuf>,

    /// The project's configuration, or the directory it is in
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl ProjectArgs {
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) fn named(self, context: &Context) -> Option<PathBuf> {
        let named = self.path.or(self.config);
        named.map(|path| context.absolute(&path))
    }
}

/// Where a project keeps its state.
#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    /// Where threads and runs are kept [default: .lgx beside the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

impl StateArgs {
    /// The folder, when not the usual one, made absolute.
    pub(crate) fn named(self, context: &Context) -> Option<PathBuf> {
        self.state_dir.map(|path| context.absolute(&path))
    }
}
