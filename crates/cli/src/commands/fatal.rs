//! Why a server did not start or cannot go on, and what to do about it.

use std::path::Path;

use lgx_config::Runtime;
use lgx_devserver::{CallError, Death, DebugError, Fatal, WorkerStartError};

use crate::context::Context;
use crate::interpreter::{self, Interpreter, Interpreters};
use crate::project;
use crate::remedy;
use crate::ui::diagnostic;
use crate::ui::error::Advised;
use crate::ui::workers;

/// Why the server cannot go on, and what to do about it.
pub(crate) async fn explain(
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
        Fatal::Debugger(DebugError::Missing(missing)) => {
            let project = project::directory_of(config);
            match &interpreters.python {
                Ok(python) => {
                    let command =
                        remedy::development::for_project("debugpy", project, &python.path, context);
                    let advice = format!("install it: {command}");
                    Advised::new(format!("--debug-port needs debugpy, and {missing}"), advice)
                        .into()
                }
                Err(_) => anyhow::anyhow!("{fatal}"),
            }
        }
        Fatal::Worker(old @ WorkerStartError::TooOld { runtime, .. }) => {
            let flag = flag_of(*runtime);
            let advice = format!("name a newer one with {flag} PATH");
            Advised::new(chosen(old, *runtime, interpreters), advice).into()
        }
        Fatal::Worker(WorkerStartError::Died { death, runtime }) => {
            if let (Runtime::Node, Some(error)) = (runtime, without_loader(death, config, context))
            {
                return error.into();
            }
            match interpreters.of(*runtime) {
                Ok(program) if !interpreter::is_one_of(*runtime, &program.path).await => {
                    not_one_of(*runtime, program, death)
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

/// That Node.js does not find the loader of the project, where that is why it ended.
fn without_loader(death: &Death, config: &Path, context: &Context) -> Option<Advised> {
    let lookup = |name: &str| Some(context.env.get(name)?.to_str()?.to_owned());
    let found = lgx_config::load(config, &lookup).ok()?;
    let loader = found.config.node_loader?;
    let package = package_of(&loader);
    // A path is told as the whole one.
    let name = package.unwrap_or_else(|| loader.trim_start_matches("./"));
    let mut lines = death.stderr.iter();
    lines.find(|line| line.contains("[ERR_MODULE_NOT_FOUND]") && line.contains(name))?;
    let file = context.shown(config);
    let advice = match package {
        Some(package) => {
            let project = project::directory_of(config);
            let command = remedy::node::to_develop_with(package, project, context);
            format!("is it installed? {command}")
        }
        None => format!("is it there, as seen from the folder of {file}?"),
    };
    let message = format!("`node_loader` of {file} is `{loader}`, which Node.js does not find");
    Some(Advised::new(message, advice))
}

/// The package that a module is imported from; none for a path.
fn package_of(module: &str) -> Option<&str> {
    if module.starts_with(['.', '/']) || module.contains(':') {
        return None;
    }
    let parts = if module.starts_with('@') { 2 } else { 1 };
    let end = module.match_indices('/').nth(parts - 1);
    Some(end.map_or(module, |(end, _)| &module[..end]))
}

/// What a program is that cannot run the language: something else, or a stand-in for an interpreter that is not installed.
fn not_one_of(runtime: Runtime, program: &Interpreter, death: &Death) -> anyhow::Error {
    let path = program.path.display();
    let reason = &program.reason;
    let said = (death.stderr.iter()).find(|line| !line.trim().is_empty());
    // What a shell answers for a command that it cannot run, and what stand-ins answer.
    let message = match said {
        Some(said) if death.how.ends_with("126") || death.how.ends_with("127") => {
            format!(
                "{path} cannot run (chosen because of {reason}): {}",
                said.trim()
            )
        }
        _ => format!(
            "{path} is {} (chosen because of {reason})",
            none_of(runtime)
        ),
    };
    let advice = match runtime {
        Runtime::Python if said.is_some_and(|said| said.starts_with("pyenv:")) => {
            "pyenv stands in for a Python that it does not have here: install it with `pyenv install`, or name another one with --python PATH"
        }
        Runtime::Python => "name a Python executable or a virtual environment with --python PATH",
        Runtime::Node => {
            "name a Node.js executable, or the directory that it is installed in, with --node PATH"
        }
    };
    Advised::new(message, advice).into()
}

const fn none_of(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Python => "not a Python",
        Runtime::Node => "no Node.js",
    }
}

/// Why a strict start does not take place, and how to do without strictness.
pub(crate) fn refused(message: &str) -> anyhow::Error {
    let advice = "--no-strict serves what does load; strict is the default of `lgx serve`, and where the variable CI is set";
    Advised::new(message, advice).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_belongs_to_a_package_unless_it_is_a_path() {
        for (module, package) in [
            ("ts-node", Some("ts-node")),
            ("tsx/esm", Some("tsx")),
            (
                "@swc-node/register/esm-register",
                Some("@swc-node/register"),
            ),
            ("./loader.mjs", None),
            ("file:///p/loader.mjs", None),
        ] {
            assert_eq!(package_of(module), package);
        }
    }
}
