//! What to type when the project's Python lacks the packages that every graph needs.

pub(crate) mod development;
pub(crate) mod node;

use std::path::Path;

use crate::context::Context;
use crate::disk::{Disk, Probe};
use crate::interpreter::poetry;
use crate::shell;

/// What decides about the command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    /// The project's directory.
    pub(crate) project: &'a Path,
    /// The same, as the person would write it.
    pub(crate) shown: &'a str,
    /// The interpreter, as the person would write it.
    pub(crate) python: &'a str,
    /// Whether the interpreter belongs to a virtual environment, so that one may install into it.
    pub(crate) in_environment: bool,
    /// Whether uv can be run.
    pub(crate) has_uv: bool,
}

/// The command that installs what the project needs into its Python.
pub(crate) fn install_command(situation: Situation<'_>, disk: &impl Probe) -> String {
    let Situation {
        project,
        shown,
        python,
        in_environment,
        has_uv,
    } = situation;
    let mentions = |file: &str| {
        disk.read(&project.join(file))
            .is_some_and(|text| text.contains("langgraph"))
    };
    let there = |file: &str| disk.read(&project.join(file)).is_some();
    let python = shell::quoted(python);
    let go = into(shown);
    if has_uv && there("uv.lock") && (!in_environment || python.starts_with(".venv/")) {
        return format!("{go}uv sync");
    }
    if poetry::manages(project, disk) {
        return format!("{go}poetry install");
    }
    let what = if mentions("requirements.txt") {
        "-r requirements.txt"
    } else if mentions("pyproject.toml") || mentions("setup.py") {
        "-e ."
    } else {
        "langgraph"
    };
    match (in_environment, has_uv) {
        (true, true) => format!("{go}uv pip install --python {python} {what}"),
        (true, false) => format!("{go}{python} -m pip install {what}"),
        // Not into the system's Python: it may be managed by the system, and belongs to everything else too.
        (false, true) => format!("{go}uv venv && uv pip install {what}"),
        (false, false) => format!("{go}{python} -m venv .venv && .venv/bin/pip install {what}"),
    }
}

/// What comes before a command that is to be given in a folder.
fn into(shown: &str) -> String {
    if shown == "." {
        String::new()
    } else {
        format!("cd {} && ", shell::quoted(shown))
    }
}

/// The command for this project and interpreter.
pub(crate) fn for_project(project: &Path, python: &Path, context: &Context) -> String {
    in_situation(project, python, context, |situation| {
        install_command(situation, &Disk)
    })
}

/// The command for the situation of this project and interpreter.
fn in_situation(
    project: &Path,
    python: &Path,
    context: &Context,
    command: impl FnOnce(Situation<'_>) -> String,
) -> String {
    let environment = python.parent().and_then(Path::parent);
    command(Situation {
        project,
        shown: &context.shown(project),
        // The command changes into the project first, so the interpreter is named from there.
        python: &python
            .strip_prefix(project)
            .unwrap_or(python)
            .display()
            .to_string(),
        in_environment: environment.is_some_and(|directory| {
            directory.join("pyvenv.cfg").is_file() || directory.join("conda-meta").is_dir()
        }),
        has_uv: context.find_command("uv").is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn command(files: &[(&str, &str)], in_environment: bool, has_uv: bool) -> String {
        let disk = files.iter().fold(MadeUp::default(), |disk, (file, text)| {
            disk.and_file(&format!("/p/{file}"), text)
        });
        let python = if in_environment {
            ".venv/bin/python"
        } else {
            "/usr/bin/python3"
        };
        install_command(
            Situation {
                project: Path::new("/p"),
                shown: ".",
                python,
                in_environment,
                has_uv,
            },
            &disk,
        )
    }

    #[test]
    fn the_file_that_names_langgraph_is_installed() {
        let requirements = ("requirements.txt", "langgraph>=1\n");
        let pyproject = ("pyproject.toml", "dependencies = [\"langgraph\"]");

        assert_eq!(
            command(&[requirements], true, false),
            ".venv/bin/python -m pip install -r requirements.txt"
        );
        assert_eq!(
            command(&[pyproject], true, false),
            ".venv/bin/python -m pip install -e ."
        );
        assert_eq!(
            command(&[("pyproject.toml", "[tool.ruff]")], true, false),
            ".venv/bin/python -m pip install langgraph"
        );
        assert_eq!(
            command(&[], true, false),
            ".venv/bin/python -m pip install langgraph"
        );
    }

    #[test]
    fn the_tool_of_the_project_is_used() {
        let pyproject = ("pyproject.toml", "dependencies = [\"langgraph\"]");

        assert_eq!(
            command(&[pyproject, ("uv.lock", "")], true, true),
            "uv sync"
        );
        assert_eq!(
            command(&[pyproject, ("poetry.lock", "")], true, true),
            "poetry install"
        );
        assert_eq!(
            command(&[("pyproject.toml", "[tool.poetry]")], false, false),
            "poetry install"
        );
        assert_eq!(
            command(&[pyproject], true, true),
            "uv pip install --python .venv/bin/python -e ."
        );
    }

    #[test]
    fn nothing_is_installed_into_the_systems_own_python() {
        assert_eq!(
            command(&[], false, false),
            "/usr/bin/python3 -m venv .venv && .venv/bin/pip install langgraph"
        );
        assert_eq!(
            command(&[], false, true),
            "uv venv && uv pip install langgraph"
        );
    }
}
