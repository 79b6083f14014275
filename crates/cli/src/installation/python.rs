//! A project in Python gets a `.venv` of its own with its dependencies in it, with uv where it is there, else with venv and pip.

use std::path::{Path, PathBuf};
use std::process::Command;

use lgx_config::{Runtime, Version};

use super::Step;
use crate::context::Context;
use crate::interpreter::{self, Interpreter};
use crate::ui::error::Advised;

/// The oldest Python that LangGraph runs on.
const OLDEST: Version = Runtime::Python.oldest();

/// Where the environment goes.
const DIRECTORY: &str = ".venv";

/// What is to be done.
pub(super) fn plan(
    project: &Path,
    python: Option<&Path>,
    context: &Context,
) -> anyhow::Result<Vec<Step>> {
    Ok(match context.find_command("uv") {
        Some(uv) => with_uv(
            &uv,
            python
                .map(|python| absolute_if_there(python, context))
                .as_deref(),
        ),
        None => with_pip(&new_enough_python(project, python, context)?),
    })
}

/// The interpreter of the environment that was made.
pub(super) fn of_environment(project: &Path) -> Interpreter {
    Interpreter {
        path: interpreter::python_in(&project.join(DIRECTORY)),
        reason: format!("`{DIRECTORY}` of the project"),
        passed_over: Vec::new(),
    }
}

/// What a person types to do the same.
pub(super) fn commands_to_type(context: &Context) -> Vec<String> {
    let commands = if context.find_command("uv").is_some() {
        ["uv venv", "uv pip install -e ."]
    } else {
        ["python3 -m venv .venv", ".venv/bin/pip install -e ."]
    };
    commands.map(str::to_owned).into()
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
            search_path: None,
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
            search_path: None,
        },
    ]
}

fn with_pip(python: &Path) -> Vec<Step> {
    vec![
        Step {
            label: format!("Making {DIRECTORY} with {}", python.display()),
            program: python.to_owned(),
            arguments: ["-m", "venv", DIRECTORY].map(str::to_owned).into(),
            search_path: None,
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
            search_path: None,
        },
    ]
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
    use super::super::commands;
    use super::*;

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
