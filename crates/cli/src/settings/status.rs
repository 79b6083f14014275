//! Which project `lgx status` is about, and how it tells.

use std::path::PathBuf;

use crate::args::status::StatusArgs;
use crate::context::Context;

/// What is to be told.
#[derive(Debug)]
pub(crate) struct StatusSettings {
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// Where state is kept, when not in the usual place.
    pub(crate) state_dir: Option<PathBuf>,
    /// Whether a server that is not ready counts as none.
    pub(crate) ready: bool,
    /// Told as JSON.
    pub(crate) json: bool,
}

/// Settles the arguments of `lgx status`.
pub(crate) fn resolve(args: StatusArgs, context: &Context) -> StatusSettings {
    let StatusArgs {
        project,
        state,
        ready,
        json,
    } = args;
    StatusSettings {
        named: project.named(context),
        state_dir: state.named(context),
        ready,
        json,
    }
}
