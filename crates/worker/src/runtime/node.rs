//! Node.js: the worker's sources in JavaScript, and what is known of an interpreter that goes down.

use std::ffi::OsString;
use std::path::Path;

use super::Sources;

/// The modules, and the file that the interpreter is told to run.
pub(super) const SOURCES: Sources = include!(concat!(env!("OUT_DIR"), "/node.rs"));

/// The arguments that run the sources in this directory. Source maps name the lines of what was written in TypeScript.
pub(super) fn arguments(sources: &Path) -> Vec<OsString> {
    vec![
        "--enable-source-maps".into(),
        // Packages are looked for from the project, not from here.
        "--experimental-import-meta-resolve".into(),
        sources.join("start.cjs").into(),
    ]
}
