//! What `lgx exec` is to run, and against what.

use std::ffi::OsString;
use std::path::PathBuf;

use super::record;
use super::server::{self, ServerSettings};
use crate::args::dev_server::DevServerArgs;
use crate::args::exec::ExecArgs;
use crate::context::Context;
use crate::env_names;

/// The command to run, and the server beside it.
#[derive(Debug)]
pub(crate) struct ExecSettings {
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// How to serve it. Without a directory for its state, it has one that is removed.
    pub(crate) serve: ServerSettings,
    /// The command with its arguments.
    pub(crate) command: Vec<OsString>,
    /// Show what the server says at once.
    pub(crate) verbose: bool,
    /// Whether a workflow of GitHub reads what is printed.
    pub(crate) annotates: bool,
    /// Whether a summary was asked for.
    pub(crate) summary: bool,
}

/// Settles the arguments.
pub(crate) fn resolve(args: ExecArgs, context: &Context) -> ExecSettings {
    let ExecArgs {
        config,
        verbose,
        summary,
        record,
        port,
        load_timeout,
        no_strict,
        code,
        state_dir,
        command,
    } = args;
    let serve = DevServerArgs {
        port: Some(port.unwrap_or(0)),
        no_browser: true,
        no_reload: true,
        // Nothing is saved for which something could be imported ahead.
        no_spare: true,
        load_timeout,
        strict: !no_strict,
        no_strict,
        state_dir,
        ..DevServerArgs::default()
    };
    let mut serve = server::resolve(serve, code, context);
    serve.record = record::resolve(record, context);
    let in_workflow = context.env.get(env_names::GITHUB_ACTIONS);
    ExecSettings {
        named: config.map(|path| context.absolute(&path)),
        serve,
        command,
        verbose,
        annotates: in_workflow.is_some_and(|value| value == "true"),
        summary,
    }
}
