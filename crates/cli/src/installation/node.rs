//! A project in TypeScript gets its `node_modules` by the package manager that is at hand.

use std::path::{Path, PathBuf};
use std::process::Command;

use lgx_config::{Runtime, Version};

use super::Step;
use crate::context::Context;
use crate::disk::{Disk, Probe};
use crate::interpreter;
use crate::package_manager::{KeptWith, PackageManager};
use crate::ui::error::Advised;

/// The oldest Node.js that LangGraph runs on.
const OLDEST: Version = Runtime::Node.oldest();

/// What is to be done.
pub(super) fn plan(
    project: &Path,
    node: Option<&Path>,
    context: &Context,
) -> anyhow::Result<Vec<Step>> {
    let node = interpreter::node_for_project(project, node, context)?;
    if let Some(version) = version(&node.path).filter(|version| *version < OLDEST) {
        let path = node.path.display();
        return Err(Advised::new(
            format!("{path} is Node.js {version}, and LangGraph needs {OLDEST} or newer"),
            format!("install Node.js {OLDEST} or newer, or name one with --node PATH"),
        )
        .into());
    }
    // The programs of the same installation come first: a manager that a shell is not hooked into has its npm there.
    let search_path: Vec<PathBuf> = node
        .path
        .parent()
        .map(Path::to_owned)
        .into_iter()
        .chain(context.env.search_path())
        .collect();
    Ok(vec![with_manager(project, &search_path, &Disk)?])
}

/// What a person types to do the same.
pub(super) fn command_to_type(project: &Path, context: &Context) -> String {
    let is_there = |manager: PackageManager| context.find_command(manager.command()).is_some();
    let manager = PackageManager::of(project, &Disk, is_there);
    format!("{} install", manager.command())
}

fn with_manager(
    project: &Path,
    search_path: &[PathBuf],
    disk: &impl Probe,
) -> Result<Step, Advised> {
    let find = |manager: PackageManager| {
        let mut programs = search_path
            .iter()
            .map(|directory| directory.join(manager.command()));
        programs.find(|program| disk.is_executable(program))
    };
    let manager = PackageManager::of(project, disk, |manager| find(manager).is_some());
    let command = manager.command();
    let said = KeptWith::said(project, disk);
    let program = find(manager).ok_or_else(|| not_there(manager, said.as_ref()))?;
    let quiet: &[&str] = match manager {
        PackageManager::Npm => &["--no-audit", "--no-fund", "--loglevel=error"],
        PackageManager::Pnpm | PackageManager::Yarn | PackageManager::Bun => &[],
    };
    Ok(Step {
        label: format!("Installing the packages with {command}"),
        program,
        arguments: ["install"]
            .iter()
            .chain(quiet)
            .map(ToString::to_string)
            .collect(),
        search_path: std::env::join_paths(search_path).ok(),
    })
}

/// It is the one that a file above the project names, or npm, because there is none at all.
fn not_there(manager: PackageManager, said: Option<&KeptWith>) -> Advised {
    let command = manager.command();
    match said {
        Some(KeptWith { file, .. }) => Advised::new(
            format!(
                "`{command}` is to install the packages, as {} has it, and it is not on the PATH",
                file.display()
            ),
            format!("install {command}"),
        ),
        None => Advised::new(
            "there is no package manager on the PATH",
            "install Node.js with npm, or pnpm, Yarn or Bun",
        ),
    }
}

/// The version of an interpreter, if it runs at all.
fn version(node: &Path) -> Option<Version> {
    let output = Command::new(node).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    said.trim().trim_start_matches('v').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::commands;
    use super::*;
    use crate::disk::tests::MadeUp;

    fn step(executables: &[&str], file: Option<&str>) -> Result<Step, Advised> {
        let mut disk = MadeUp::with_executables(executables);
        if let Some(file) = file {
            disk = disk.and_file(file, "");
        }
        let search_path = ["/nvm/bin", "/usr/bin"].map(PathBuf::from);
        with_manager(Path::new("/w/p"), &search_path, &disk)
    }

    #[test]
    fn the_npm_beside_node_installs_and_its_scripts_find_that_node_first() {
        let step = step(&["/nvm/bin/npm", "/usr/bin/npm"], None).unwrap();

        assert_eq!(
            step.search_path.as_deref(),
            Some("/nvm/bin:/usr/bin".as_ref())
        );
        assert_eq!(
            commands(&[step]),
            ["/nvm/bin/npm install --no-audit --no-fund --loglevel=error"]
        );
    }

    #[test]
    fn the_manager_of_the_workspace_installs_or_the_one_that_is_there() {
        let all = ["/usr/bin/npm", "/usr/bin/pnpm"];
        let of_workspace = step(&all, Some("/w/pnpm-lock.yaml")).unwrap();
        assert_eq!(commands(&[of_workspace]), ["/usr/bin/pnpm install"]);
        let only = step(&["/usr/bin/bun"], None).unwrap();
        assert_eq!(commands(&[only]), ["/usr/bin/bun install"]);
    }

    #[test]
    fn a_manager_that_is_not_there_is_named_with_the_file_that_names_it() {
        let said = |file| step(&[], file).unwrap_err().to_string();
        assert_eq!(said(None), "there is no package manager on the PATH");
        assert_eq!(
            said(Some("/w/yarn.lock")),
            "`yarn` is to install the packages, as /w/yarn.lock has it, and it is not on the PATH"
        );
    }
}
