//! What to type when the project's Python lacks a tool of whoever develops it.

use std::path::Path;

use super::{Situation, in_situation, into};
use crate::context::Context;
use crate::disk::{Disk, Probe};
use crate::interpreter::poetry;
use crate::shell;

/// The command that adds a package for this project and interpreter.
pub(crate) fn for_project(
    package: &str,
    project: &Path,
    python: &Path,
    context: &Context,
) -> String {
    in_situation(project, python, context, |situation| {
        command(package, situation, &Disk)
    })
}

fn command(package: &str, situation: Situation<'_>, disk: &impl Probe) -> String {
    let Situation {
        project,
        shown,
        python,
        in_environment,
        has_uv,
    } = situation;
    let go = into(shown);
    let python = shell::quoted(python);
    let is_locked = disk.read(&project.join("uv.lock")).is_some();
    if has_uv && is_locked && (!in_environment || python.starts_with(".venv/")) {
        return format!("{go}uv add --dev {package}");
    }
    if poetry::manages(project, disk) {
        return format!("{go}poetry add --group dev {package}");
    }
    if has_uv && in_environment {
        return format!("{go}uv pip install --python {python} {package}");
    }
    format!("{go}{python} -m pip install {package}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn for_debugger(files: &[(&str, &str)], has_uv: bool) -> String {
        let disk = files.iter().fold(MadeUp::default(), |disk, (file, text)| {
            disk.and_file(&format!("/p/{file}"), text)
        });
        let situation = Situation {
            project: Path::new("/p"),
            shown: "my agent",
            python: ".venv/bin/python",
            in_environment: true,
            has_uv,
        };
        command("debugpy", situation, &disk)
    }

    #[test]
    fn a_package_is_added_as_the_project_adds_its_packages() {
        let uv = [("uv.lock", ""), ("pyproject.toml", "")];
        assert_eq!(
            for_debugger(&uv, true),
            "cd 'my agent' && uv add --dev debugpy"
        );
        let poetry = [("poetry.lock", ""), ("pyproject.toml", "[tool.poetry]\n")];
        assert_eq!(
            for_debugger(&poetry, true),
            "cd 'my agent' && poetry add --group dev debugpy"
        );
        assert_eq!(
            for_debugger(&[("requirements.txt", "langgraph")], true),
            "cd 'my agent' && uv pip install --python .venv/bin/python debugpy"
        );
        assert_eq!(
            for_debugger(&[], false),
            "cd 'my agent' && .venv/bin/python -m pip install debugpy"
        );
    }
}
