//! Which state `lgx reset` removes, and whether it asks.

use std::path::PathBuf;

use crate::args::reset::ResetArgs;
use crate::context::Context;

/// What is to be removed.
#[derive(Debug)]
pub(crate) struct ResetSettings {
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// Where state is kept, when not in the usual place.
    pub(crate) state_dir: Option<PathBuf>,
    /// The person has said yes before.
    pub(crate) yes: bool,
}

/// Settles the arguments of `lgx reset`.
pub(crate) fn resolve(args: ResetArgs, context: &Context) -> ResetSettings {
    let ResetArgs {
        project,
        state,
        yes,
    } = args;
    ResetSettings {
        named: project.named(context),
        state_dir: state.named(context),
        yes,
    }
}
