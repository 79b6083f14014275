//! Which state `lgx state` carries.

use std::path::PathBuf;

use crate::args::state::KeptArgs;
use crate::context::Context;

/// Where the state is kept, as far as that was said.
#[derive(Debug)]
pub(crate) struct KeptSettings {
    /// The configuration or the project's directory, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// The folder of the state.
    pub(crate) state_dir: Option<PathBuf>,
}

/// Settles the arguments that the subcommands of `lgx state` share.
pub(crate) fn resolve(args: KeptArgs, context: &Context) -> KeptSettings {
    let KeptArgs { config, state } = args;
    KeptSettings {
        named: config.map(|path| context.absolute(&path)),
        state_dir: state.named(context),
    }
}
