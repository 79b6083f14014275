//! The arguments of `lgx state`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::project::StateArgs;

/// Carry what the project keeps between folders and databases, or keep it in a file
///
/// All of it: assistants, threads with their checkpoints, runs, crons and memory. It is kept in the database that `DATABASE_URI` names, or in a folder where `--state-dir` is given or no database is named. No server may be using it.
#[derive(Debug, Args)]
pub(crate) struct StateCommand {
    #[command(subcommand)]
    pub(crate) action: StateAction,
}

/// What to do with it.
#[derive(Debug, Subcommand)]
pub(crate) enum StateAction {
    /// Write all of it to a file, as lines of JSON
    Export {
        /// The file, which must not exist yet; packed with zstd if its name ends with .zst; - is stdout
        file: PathBuf,

        #[command(flatten)]
        kept: KeptArgs,
    },
    /// Read a file that `lgx state export` has written, where there is nothing yet
    Import {
        /// The file, packed or not; - is stdin
        file: PathBuf,

        #[command(flatten)]
        kept: KeptArgs,
    },
}

/// Where the state is kept.
#[derive(Debug, Args)]
pub(crate) struct KeptArgs {
    /// The project's configuration, or the directory it is in [default: langgraph.json, here or above]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) state: StateArgs,
}
