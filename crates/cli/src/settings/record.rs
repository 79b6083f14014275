//! What becomes of calls of models.

use std::path::PathBuf;

use lgx_record::Mode;

use crate::args::record::{CassettesArgs, RecordArgs, RecordMode};
use crate::context::Context;

/// Calls of models are recorded or played.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordSettings {
    /// Which of them.
    pub(crate) mode: Mode,
    /// Where recordings are, if not in the usual place.
    pub(crate) cassettes: Option<PathBuf>,
}

/// Settles the arguments of `lgx exec`.
pub(crate) fn resolve(args: RecordArgs, context: &Context) -> Option<RecordSettings> {
    let mode = match args.mode {
        RecordMode::Off => return None,
        RecordMode::Auto => Mode::Auto,
        RecordMode::Record => Mode::Record,
        RecordMode::Replay => Mode::Replay,
    };
    Some(in_mode(mode, args.cassettes, context))
}

/// Settles where recordings are.
pub(crate) fn in_mode(mode: Mode, args: CassettesArgs, context: &Context) -> RecordSettings {
    RecordSettings {
        mode,
        cassettes: args.cassettes.map(|path| context.absolute(&path)),
    }
}
