//! Gives a new project a `.venv` of its own with its dependencies in it, with uv where it is there, else with venv and pip.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use lgx_config::{Runtime, Version};

use crate::context::Context;
use crate::interpreter::{self, Interpreter};
use crate::shell;
use crate::ui::error::Advised;
use crate::ui::progress::Progress;

/// The oldest Python that LangGraph runs on.
const OLDEST: Version = Runtime::Python.oldest();

/// Where the environment goes.
const DIRECTORY: &str = ".venv";

/// One thing to do, by running a program in the project.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    label: String,
    program: PathBuf,
    arguments: Vec<String>,
}

/// How the environment is made, once the project is there.
#[derive(Debug)]
pub(crate) struct Installation(Vec<Step>);

/// Finds out how the environment can be made. That is quick; carrying it out is not.
pub(crate) fn plan(
    project: &Path,
    python: Option<&Path>,
    context: &Context,
) -> anyhow::Result<Installation> {
    Ok(Installation(match context.find_command("uv") {
        Some(uv) => with_uv(
            &uv,
            python
                .map(|python| absolute_if_there(python, context))
                .as_deref(),
        ),
        None => with_pip(&new_enough_python(project, python, context)?),
    }))
}

impl Installation {
    /// Makes the environment, and says which interpreter is in it.
    pub(crate) fn carry_out(
        self,
        project: &Path,
        context: &Context,
    ) -> anyhow::Result<Interpreter> {
        for step in self.0 {
            run(&step, project, context)?;
        }
        Ok(Interpreter {
            path: interpreter::python_in(&project.join(DIRECTORY)),
            reason: format!("`{DIRECTORY}` of the project"),
            passed_over: Vec::new(),
        })
    }
}

/// What a person types to do the same, and then to serve the project.
pub(crate) fn commands_to_type(project: &Path, context: &Context) -> Vec<String> {
    let shown = context.shown(project);
    let go = (shown != ".").then(|| format!("cd {}", shell::quoted(&shown)));
    let install = if context.find_command("uv").is_some() {
        ["uv venv", "uv pip install -e ."]
    } else {
        ["python3 -m venv .venv", ".venv/bin/pip install -e ."]
    };
    go.into_iter()
        .chain(install.map(str::to_owned))
        .chain(["lgx dev".to_owned()])
        .collect()
}

fn with_uv(uv: &Path, python: Option<&Path>) -> Vec<Step> {
    let wanted = python.map_or_else(
        || format!(">={OLDEST}"),
        |python| python.display().to_string(),
    );
    vec![
        Step {
            label: format!("Making {DIRECTORY} with uv"),
            program: uv.to_owned(),
            arguments: ["venv", "--quiet", "--python", &wanted, DIRECTORY]
                .map(str::to_owned)
                .into(),
        },
        Step {
            label: "Installing the project with uv".to_owned(),
            program: uv.to_owned(),
            arguments: [
                "pip",
                "install",
                "--quiet",
                "--python",
                DIRECTORY,
                "--editable",
                ".",
            ]
            .map(str::to_owned)
            .into(),
        },
    ]
}

fn with_pip(python: &Path) -> Vec<Step> {
    vec![
        Step {
            label: format!("Making {DIRECTORY} with {}", python.display()),
            program: python.to_owned(),
            arguments: ["-m", "venv", DIRECTORY].map(str::to_owned).into(),
        },
        Step {
            label: "Installing the project with pip".to_owned(),
            program: interpreter::python_in(Path::new(DIRECTORY)),
            arguments: [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--editable",
                ".",
            ]
            .map(str::to_owned)
            .into(),
        },
    ]
}

fn run(step: &Step, project: &Path, context: &Context) -> anyhow::Result<()> {
    let progress = Progress::begin(&step.label, context.is_watched());
    let output = Command::new(project.join(&step.program))
        .args(&step.arguments)
        .current_dir(project)
        .output();
    let output = match output {
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
    Err(Advised::new(
        format!("`{command}` failed ({}):\n{said}", output.status),
        format!(
            "the project itself is there; when this is fixed: {}",
            commands_to_type(project, context).join(" && ")
        ),
    )
    .into())
}

/// A path is seen from the current directory; a command or a version is left for uv to understand.
fn absolute_if_there(python: &Path, context: &Context) -> PathBuf {
    let path = context.absolute(python);
    if path.exists() {
        path
    } else {
        python.to_owned()
    }
}

/// The Python to make the environment with: the one given, else the first on the PATH that is new enough.
fn new_enough_python(
    project: &Path,
    python: Option<&Path>,
    context: &Context,
) -> anyhow::Result<PathBuf> {
    if python.is_some() {
        return Ok(interpreter::python_for_project(project, python, context)?.path);
    }
    let names = ["python3".to_owned()].into_iter().chain(
        (OLDEST.minor..=OLDEST.minor + 6)
            .rev()
            .map(|minor| format!("python{}.{minor}", OLDEST.major)),
    );
    let mut too_old = None;
    for name in names {
        let Some(python) = context.find_command(&name) else {
            continue;
        };
        match version(&python) {
            Some(version) if version >= OLDEST => return Ok(python),
            Some(version) => too_old = too_old.or(Some((python, version))),
            None => {}
        }
    }
    let message = match too_old {
        Some((python, version)) => {
            format!(
                "{} is Python {version}, and LangGraph needs {OLDEST} or newer",
                python.display()
            )
        }
        None => "found no `python3` on the PATH".to_owned(),
    };
    Err(Advised::new(
        message,
        format!(
            "install Python {OLDEST} or newer, or uv, or name an interpreter with --python PATH"
        ),
    )
    .into())
}

/// The version of an interpreter, if it runs at all.
fn version(python: &Path) -> Option<Version> {
    let output = Command::new(python)
        .args(["-c", "import platform; print(platform.python_version())"])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(steps: &[Step]) -> Vec<String> {
        steps
            .iter()
            .map(|step| format!("{} {}", step.program.display(), step.arguments.join(" ")))
            .collect()
    }

    #[test]
    fn pip_installs_into_the_environment_that_the_interpreter_made() {
        assert_eq!(
            commands(&with_pip(Path::new("/usr/bin/python3.12"))),
            [
                "/usr/bin/python3.12 -m venv .venv",
                ".venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ."
            ]
        );
    }

    #[test]
    fn uv_takes_the_interpreter_asked_for_or_any_that_is_new_enough() {
        assert_eq!(
            commands(&with_uv(Path::new("/bin/uv"), None)),
            [
                "/bin/uv venv --quiet --python >=3.10 .venv",
                "/bin/uv pip install --quiet --python .venv --editable ."
            ]
        );
        assert_eq!(
            commands(&with_uv(
                Path::new("/bin/uv"),
                Some(Path::new("/opt/python"))
            ))[0],
            "/bin/uv venv --quiet --python /opt/python .venv"
        );
    }
}
