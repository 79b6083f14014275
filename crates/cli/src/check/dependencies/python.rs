//! The packages that a project in Python asks for, and which of them its interpreter has.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lgx_config::{Config, written_dependencies};
use tokio::process::Command;

use super::super::place::FoundAt;
use super::{Dependency, at};
use crate::disk::{Disk, Probe as _};

/// How long an interpreter may take to look packages up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Prints those of its arguments that are no installed distributions, one a line. What lies in the current directory is not looked at.
const LOOK_UP: &str = "
import sys
sys.path[:] = [path for path in sys.path if path]
from importlib.metadata import PackageNotFoundError, distribution
for name in sys.argv[1:]:
    try:
        distribution(name)
    except PackageNotFoundError:
        print(name)
";

/// What langgraph.json, and the pyproject.toml and requirements.txt of the project and its local dependencies, ask for: each package once.
pub(super) fn asked_for(config: &Config) -> Vec<Dependency> {
    let mut found = Vec::new();
    for written in written_dependencies(&config.path) {
        // What leads to a directory is a local dependency.
        if !config.root.join(&written.text).is_dir() {
            let place = FoundAt::line(&config.path, Some(written.line));
            add(&mut found, &written.text, place);
        }
    }
    for directory in &config.sys_path {
        of_pyproject(&directory.join("pyproject.toml"), &mut found);
        of_requirements(&directory.join("requirements.txt"), &mut found);
    }
    found
}

fn of_pyproject(file: &Path, found: &mut Vec<Dependency>) {
    let Some(text) = Disk.read(file) else {
        return;
    };
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return;
    };
    let project = manifest.get("project");
    let dependencies = project.and_then(|project| project.get("dependencies")?.as_array());
    let written = dependencies.into_iter().flatten();
    for requirement in written.filter_map(toml::Value::as_str) {
        // In the file a quote may stand before others.
        let first = requirement.split(['"', '\'']).next().unwrap_or_default();
        add(found, requirement, at(file, &text, first));
    }
}

fn of_requirements(file: &Path, found: &mut Vec<Dependency>) {
    let Some(text) = Disk.read(file) else {
        return;
    };
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index + 1).ok();
        add(found, line, FoundAt::line(file, number));
    }
}

fn add(found: &mut Vec<Dependency>, requirement: &str, place: FoundAt) {
    if let Some((name, always)) = package_of(requirement)
        && !found.iter().any(|it: &Dependency| it.name == name)
    {
        found.push(Dependency {
            name,
            place,
            always,
        });
    }
}

/// The package of a requirement in its plain form, and whether it has no condition; none for options, paths and addresses.
fn package_of(requirement: &str) -> Option<(String, bool)> {
    let requirement = requirement.trim();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let end = requirement.find(|letter| !is_part(letter));
    let (name, rest) = requirement.split_at(end.unwrap_or(requirement.len()));
    let begins_well = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    let rest = rest.trim_start();
    let goes_on_well =
        rest.is_empty() || rest.starts_with(['[', '=', '<', '>', '!', '~', '@', '(', ';', '#']);
    if !begins_well || !goes_on_well {
        return None;
    }
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    Some((name, !rest.contains(';')))
}

/// Those of the packages that the interpreter does not have. None where it cannot be asked: why not is told by whoever loads the project.
pub(super) async fn missing(
    python: &Path,
    names: &[String],
    environment: Vec<(OsString, OsString)>,
) -> Vec<String> {
    if names.is_empty() {
        return Vec::new();
    }
    let asked = Command::new(python)
        .args(["-c", LOOK_UP])
        .args(names)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(output)) if output.status.success() => {
            let told = String::from_utf8_lossy(&output.stdout);
            told.lines().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::package_of;

    #[test]
    fn a_requirement_names_a_package_unless_it_is_an_option_a_path_or_an_address() {
        for (requirement, package) in [
            ("langgraph", Some(("langgraph", true))),
            (
                " langchain_openai >= 1, <2  # models",
                Some(("langchain-openai", true)),
            ),
            ("uvicorn[standard]==0.30", Some(("uvicorn", true))),
            ("zope.interface~=7.0", Some(("zope-interface", true))),
            ("mine @ git+https://example.com/mine", Some(("mine", true))),
            ("tomli; python_version < '3.11'", Some(("tomli", false))),
            ("-r other.txt", None),
            ("--index-url https://example.com", None),
            ("# nothing", None),
            ("./packages/mine", None),
            ("packages/mine", None),
            ("git+https://example.com/mine", None),
            ("https://example.com/mine.whl", None),
            ("", None),
        ] {
            let package = package.map(|(name, always)| (name.to_owned(), always));
            assert_eq!(package_of(requirement), package, "{requirement}");
        }
    }
}
