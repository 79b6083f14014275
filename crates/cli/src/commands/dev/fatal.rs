//! Why a server did not start or cannot go on, and what to do about it.

use std::path::Path;

use lgx_config::Runtime;
use lgx_devserver::{CallError, Fatal, WorkerStartError};

use crate::context::Context;
use crate::interpreter::{self, Interpreter, Interpreters};
use crate::project;
use crate::remedy;
use crate::ui::diagnostic;
use crate::ui::error::Advised;
use crate::ui::workers;

/// Why the server cannot go on, and what to do about it.
pub(super) async fn explain(
    fatal: &Fatal,
    config: &Path,
    interpreters: &Interpreters,
    context: &Context,
) -> anyhow::Error {
    match fatal {
        Fatal::Worker(WorkerStartError::NoInterpreter(runtime)) => {
            match interpreters.of(*runtime) {
                Err(error) => interpreter::what_to_do(error).into(),
                Ok(_) => anyhow::anyhow!("{fatal}"),
            }
        }
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
        Fatal::Worker(missing @ WorkerStartError::MissingPackages { runtime, .. }) => {
            let project = project::directory_of(config);
            let command = match (runtime, &interpreters.python) {
                (Runtime::Python, Ok(python)) => {
                    remedy::for_project(project, &python.path, context)
                }
                _ => remedy::node::for_project(project, context),
            };
            let advice = format!("install what the project needs: {command}");
            Advised::new(chosen(missing, *runtime, interpreters), advice).into()
        }
        Fatal::Worker(old @ WorkerStartError::TooOld { runtime, .. }) => {
            let flag = flag_of(*runtime);
            let advice = format!("name a newer one with {flag} PATH");
            Advised::new(chosen(old, *runtime, interpreters), advice).into()
        }
        Fatal::Worker(WorkerStartError::Died { death, runtime }) => {
            match (runtime, &interpreters.python) {
                (Runtime::Python, Ok(python)) if !interpreter::is_python(&python.path).await => {
                    not_a_python(python, &death.how, &death.stderr)
                }
                _ => anyhow::anyhow!("{fatal}"),
            }
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

/// What is wrong with an interpreter, and why it was chosen.
fn chosen(wrong: &WorkerStartError, runtime: Runtime, interpreters: &Interpreters) -> String {
    match interpreters.of(runtime) {
        Ok(Interpreter { reason, .. }) => format!("{wrong} (chosen because of {reason})"),
        Err(_) => wrong.to_string(),
    }
}

/// The flag that names another interpreter.
const fn flag_of(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Python => "--python",
        Runtime::Node => "--node",
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
