//! Installs what a new project needs to run, with the tools of its language that are there.

mod node;
mod python;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::context::Context;
use crate::interpreter::{self, AskedFor, Interpreters};
use crate::scaffold::language::Language;
use crate::shell;
use crate::ui::error::Advised;
use crate::ui::progress::Progress;

/// One thing to do, by running a program in the project.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    label: String,
    program: PathBuf,
    arguments: Vec<String>,
    /// The `PATH`, where it is to be another one.
    search_path: Option<OsString>,
}

/// How a project is installed, once it is there.
#[derive(Debug)]
pub(crate) struct Installation {
    language: Language,
    steps: Vec<Step>,
}

/// Finds out how a project can be installed. That is quick; carrying it out is not.
pub(crate) fn plan(
    language: Language,
    project: &Path,
    asked_for: AskedFor<'_>,
    context: &Context,
) -> anyhow::Result<Installation> {
    let steps = match language {
        Language::Python => python::plan(project, asked_for.python, context)?,
        Language::TypeScript => node::plan(project, asked_for.node, context)?,
    };
    Ok(Installation { language, steps })
}

impl Installation {
    /// Installs the project, and says what it then runs on.
    pub(crate) fn carry_out(
        self,
        project: &Path,
        asked_for: AskedFor<'_>,
        context: &Context,
    ) -> anyhow::Result<Interpreters> {
        for step in &self.steps {
            run(step, self.language, project, context)?;
        }
        Ok(match self.language {
            Language::Python => {
                // What it was made with is not what it runs on.
                let asked_for = AskedFor {
                    python: None,
                    ..asked_for
                };
                let found = interpreter::for_project(project, asked_for, context)?;
                Interpreters {
                    python: Ok(python::of_environment(project)),
                    ..found
                }
            }
            Language::TypeScript => interpreter::for_project(project, asked_for, context)?,
        })
    }
}

/// What a person types to do the same, and then to serve the project.
pub(crate) fn commands_to_type(
    language: Language,
    project: &Path,
    context: &Context,
) -> Vec<String> {
    let shown = context.shown(project);
    let go = (shown != ".").then(|| format!("cd {}", shell::quoted(&shown)));
    let install = match language {
        Language::Python => python::commands_to_type(context),
        Language::TypeScript => vec![node::command_to_type(project, context)],
    };
    go.into_iter()
        .chain(install)
        .chain(["lgx dev".to_owned()])
        .collect()
}

/// Why a project that is there is not installed, and how a person goes on.
pub(crate) fn to_do(
    error: anyhow::Error,
    language: Language,
    project: &Path,
    context: &Context,
) -> anyhow::Error {
    let commands = commands_to_type(language, project, context).join(" && ");
    let advice = format!("the project itself is there; when this is fixed: {commands}");
    Advised::caused_by(error, advice).into()
}

fn run(step: &Step, language: Language, project: &Path, context: &Context) -> anyhow::Result<()> {
    let progress = Progress::begin(&step.label, context.is_watched());
    let mut command = Command::new(project.join(&step.program));
    command.args(&step.arguments).current_dir(project);
    if let Some(search_path) = &step.search_path {
        command.env("PATH", search_path);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            progress.failed();
            return Err(error).with_context(|| format!("cannot run `{}`", step.program.display()));
        }
    };
    if output.status.success() {
        progress.done();
        return Ok(());
    }
    progress.failed();
    let program = step.program.display().to_string();
    let command = shell::command(
        [program.as_str()]
            .into_iter()
            .chain(step.arguments.iter().map(String::as_str)),
    );
    let said = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    let said = said
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    let error = anyhow::anyhow!("`{command}` failed ({}):\n{said}", output.status);
    Err(to_do(error, language, project, context))
}

#[cfg(test)]
fn commands(steps: &[Step]) -> Vec<String> {
    steps
        .iter()
        .map(|step| format!("{} {}", step.program.display(), step.arguments.join(" ")))
        .collect()
}
