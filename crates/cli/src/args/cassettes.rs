//! The arguments of `lgx cassettes`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// List, show and prune recorded calls of models
///
/// Recordings are what `lgx exec --mode record` or `lgx dev --record` keeps and what `lgx exec --mode replay` plays: files to be committed with the tests. docs/cassettes.md says what is in them.
#[derive(Debug, Args)]
pub(crate) struct CassettesCommand {
    #[command(subcommand)]
    pub(crate) action: CassettesAction,
}

/// What to do with recordings.
#[derive(Debug, Subcommand)]
pub(crate) enum CassettesAction {
    /// List the recordings, one a line
    List {
        #[command(flatten)]
        library: LibraryArgs,
    },
    /// Show what a model was asked and what it answered, a stream put together
    Show {
        /// A file, or how its name begins
        #[arg(required = true)]
        names: Vec<String>,

        #[command(flatten)]
        library: LibraryArgs,
    },
    /// Remove what the last run that went well did not use
    ///
    /// The run is the last `lgx exec` with these recordings whose command ended with 0; it is remembered in `.lgx` beside them, which git ignores. Run all of the tests before you prune.
    Prune {
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,

        #[command(flatten)]
        library: LibraryArgs,
    },
}

/// Which recordings, and how they are told.
#[derive(Debug, Args)]
pub(crate) struct LibraryArgs {
    /// Where the recordings are [default: cassettes beside langgraph.json]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
