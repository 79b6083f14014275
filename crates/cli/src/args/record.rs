//! The arguments that say what becomes of calls of models.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Recording and playing.
#[derive(Debug, Default, Args)]
pub(crate) struct RecordArgs {
    /// Whether calls of models are recorded and played: `auto` asks for what is missing, `replay` needs no key and no network
    #[arg(long, value_name = "MODE", default_value = "off")]
    pub(crate) mode: RecordMode,

    #[command(flatten)]
    pub(crate) cassettes: CassettesArgs,
}

/// Where recordings are.
#[derive(Debug, Default, Args)]
pub(crate) struct CassettesArgs {
    /// The folder of recorded calls of models [default: cassettes, beside the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) cassettes: Option<PathBuf>,
}

/// What becomes of calls of models.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordMode {
    /// They are made, and nobody looks
    #[default]
    Off,
    /// What is recorded is played; the rest is made, and recorded
    Auto,
    /// All are made, and recorded anew
    Record,
    /// Only what is recorded is played, and nothing leaves this machine
    Replay,
}
