//! Node.js: the worker's sources in JavaScript, and what is known of an interpreter that goes down.

use std::ffi::OsString;
use std::path::Path;

use super::Sources;
use crate::Launch;

/// The modules, and the file that the interpreter is told to run.
pub(super) const SOURCES: Sources = include!(concat!(env!("OUT_DIR"), "/node.rs"));

/// The loader that is none of those that Node imports before everything else.
const TS_NODE: &str = "ts-node";

/// The arguments that run the sources in this directory. Source maps name the lines of what was written in TypeScript.
pub(super) fn arguments(launch: &Launch, sources: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![
        "--enable-source-maps".into(),
        // Packages are looked for from the project, not from here.
        "--experimental-import-meta-resolve".into(),
    ];
    if launch.debugs {
        // Or it says on stderr where its inspector listens.
        arguments.push("--inspect-publish-uid=http".into());
    }
    match launch.node_loader.as_deref() {
        None => {}
        Some(TS_NODE) => arguments.extend(["--loader", "ts-node/esm"].map(Into::into)),
        Some(other) => arguments.extend(["--import", other].map(Into::into)),
    }
    arguments.push(sources.join("start.cjs").into());
    arguments
}
