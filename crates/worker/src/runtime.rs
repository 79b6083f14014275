//! What differs between runtimes: the worker's own sources, what the program is told to run, how a crash of it reads.

mod node;
mod python;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lgx_embedded::Embedded;
use lgx_model::Runtime;

use crate::{Diagnostic, Launch};

/// The files of a worker, as the build script found them.
pub(crate) type Sources = Embedded;

/// The worker's own sources.
pub(crate) const fn sources(runtime: Runtime) -> Sources {
    match runtime {
        Runtime::Python => python::SOURCES,
        Runtime::Node => node::SOURCES,
    }
}

/// Whether a process that has imported modules can be forked.
pub(crate) const fn can_fork(runtime: Runtime) -> bool {
    cfg!(target_os = "linux") && matches!(runtime, Runtime::Python)
}

/// Whether it asks for the code of the project instead of reading it.
pub(crate) const fn is_transpiled(launch: &Launch) -> bool {
    match launch.runtime {
        Runtime::Python => false,
        Runtime::Node => launch.node_loader.is_none(),
    }
}

/// The arguments that make the runtime run the sources that were written into this directory.
pub(crate) fn arguments(launch: &Launch, sources: &Path) -> Vec<OsString> {
    match launch.runtime {
        Runtime::Python => vec![sources.into()],
        Runtime::Node => node::arguments(launch, sources),
    }
}

/// What a crash report says: the fault, and the line of the project in `root` that led to it. `sources` are the directories where those of the worker may be.
pub(crate) fn crash(
    runtime: Runtime,
    report: &str,
    root: &Path,
    sources: &[PathBuf],
) -> Option<Diagnostic> {
    match runtime {
        Runtime::Python => python::crash(report, root, sources),
        // What V8 says when it goes down is on stderr.
        Runtime::Node => None,
    }
}

/// The line of the project in `root` at which code hangs that keeps the interpreter, if a report says so.
pub(crate) fn hang(
    runtime: Runtime,
    report: &str,
    root: &Path,
    sources: &[PathBuf],
) -> Option<Diagnostic> {
    match runtime {
        Runtime::Python => python::hang(report, root, sources),
        Runtime::Node => None,
    }
}
