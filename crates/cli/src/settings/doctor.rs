//! What `lgx doctor` is to look at, and how it tells.

use std::path::PathBuf;

use crate::args::doctor::DoctorArgs;
use crate::args::interpreters::InterpreterArgs;
use crate::context::Context;

/// What is to be looked at.
#[derive(Debug)]
pub(crate) struct DoctorSettings {
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// Where state is kept, when not in the usual place.
    pub(crate) state_dir: Option<PathBuf>,
    /// The port that a server would take.
    pub(crate) port: u16,
    /// The interpreter given with `--python`.
    pub(crate) python: Option<PathBuf>,
    /// The one given with `--node`.
    pub(crate) node: Option<PathBuf>,
    /// Told as JSON.
    pub(crate) json: bool,
}

/// Settles the arguments of `lgx doctor`.
pub(crate) fn resolve(args: DoctorArgs, context: &Context) -> DoctorSettings {
    let DoctorArgs {
        project,
        state,
        port,
        interpreters: InterpreterArgs { python, node },
        json,
    } = args;
    DoctorSettings {
        named: project.named(context),
        state_dir: state.named(context),
        port,
        python,
        node,
        json,
    }
}
