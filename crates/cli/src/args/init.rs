//! The arguments of `lgx init`.

use std::path::PathBuf;

use clap::Args;

/// Write langgraph.json for the project in this directory
///
/// Looks for graphs, and for functions that make them, in the project's Python and TypeScript, and names them all. Nothing is imported, and no file is written over. Where the code reads variables and there is no `.env.example`, that is written too, with names alone.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The project's directory [default: the current one]
    pub(crate) path: Option<PathBuf>,
}
