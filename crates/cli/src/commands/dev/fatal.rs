//! Why a server did not start or cannot go on, and what to do about it.

use std::path::Path;

use lgx_devserver::{CallError, Fatal, WorkerStartError};

use crate::context::Context;
use crate::interpreter::{self, Interpreter};
use crate::project;
use crate::remedy;
use crate::ui::diagnostic;
use crate::ui::error::Advised;
use crate::ui::workers;

/// Why the server cannot go on, and what to do about it.
pub(super) async fn explain(
    fatal: &Fatal,
    config: &Path,
    python: &Interpreter,
    context: &Context,
) -> anyhow::Error {
    match fatal {
        Fatal::Auth(found) => {
            let found = diagnostic::render(found, &context.cwd);
            anyhow::anyhow!(
                "the auth handlers cannot be loaded, so the server does not start\n{found}"
            )
        }
        Fatal::StoreIndex(found) => {
            let found = diagnostic::render(found, &context.cwd);
            anyhow::anyhow!(
                "the embeddings of `store.index` cannot be loaded, so the server does not start\n{found}"
            )
        }
        Fatal::App(found) => {
            let found = diagnostic::render(found, &context.cwd);
            anyhow::anyhow!(
                "the app of `http.app` cannot be loaded, so the server does not start\n{found}"
            )
        }
        Fatal::Worker(missing @ WorkerStartError::MissingPackages { .. }) => {
            let command = remedy::for_project(project::directory_of(config), &python.path, context);
            let advice = format!("install what the project needs: {command}");
            Advised::new(
                format!("{missing} (chosen because of {})", python.reason),
                advice,
            )
            .into()
        }
        Fatal::Worker(old @ WorkerStartError::TooOld { .. }) => {
            let message = format!("{old} (chosen because of {})", python.reason);
            Advised::new(message, "name a newer one with --python PATH").into()
        }
        Fatal::Worker(WorkerStartError::Died { death, .. })
            if !interpreter::is_python(&python.path).await =>
        {
            not_a_python(python, &death.how, &death.stderr)
        }
        Fatal::Hangs(place) => {
            let place = diagnostic::render(place, &context.cwd);
            anyhow::anyhow!(
                "the project does not get loaded, so the server does not start\n{place}"
            )
        }
        Fatal::Load(CallError::Died(death)) => {
            let ended = workers::ended_loading(death);
            let crash = death.crash.as_ref().map_or_else(String::new, |crash| {
                format!("\n{}", diagnostic::render(crash, &context.cwd))
            });
            anyhow::anyhow!("the process that was to serve {ended}{crash}")
        }
        Fatal::Graphs { .. } => refused(&fatal.to_string()),
        other => anyhow::anyhow!("{other}"),
    }
}

/// What a program is that cannot run Python: something else, or a stand-in for a Python that is not installed.
fn not_a_python(program: &Interpreter, how: &str, stderr: &[String]) -> anyhow::Error {
    let path = program.path.display();
    let reason = &program.reason;
    let said = stderr.iter().find(|line| !line.trim().is_empty());
    // What a shell answers for a command that it cannot run, and what pyenv's stand-ins answer.
    let message = match said {
        Some(said) if how.ends_with("126") || how.ends_with("127") => {
            format!(
                "{path} cannot run (chosen because of {reason}): {}",
                said.trim()
            )
        }
        _ => format!("{path} is not a Python (chosen because of {reason})"),
    };
    let advice = if said.is_some_and(|said| said.starts_with("pyenv:")) {
        "pyenv stands in for a Python that it does not have here: install it with `pyenv install`, or name another one with --python PATH"
    } else {
        "name a Python executable or a virtual environment with --python PATH"
    };
    Advised::new(message, advice).into()
}

/// Why a strict start does not take place, and how to do without strictness.
pub(super) fn refused(message: &str) -> anyhow::Error {
    let advice =
        "--no-strict serves what does load; --strict is the default where the variable CI is set";
    Advised::new(message, advice).into()
}
