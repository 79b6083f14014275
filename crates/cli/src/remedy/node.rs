//! What to type when the project's `node_modules` lack langgraph: by the package manager that the project is kept with.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::context::Context;
use crate::disk::{Disk, Probe};
use crate::package_manager::PackageManager;
use crate::shell;

/// The package that every graph needs.
const LANGGRAPH: &str = "@langchain/langgraph";

/// What Yarn writes in place of `node_modules`, unless it is told otherwise.
const PLUG_N_PLAY: &str = ".pnp.cjs";

/// The command for this project.
pub(crate) fn for_project(project: &Path, context: &Context) -> String {
    let shown = context.shown(project);
    let is_there = |manager: PackageManager| context.find_command(manager.command()).is_some();
    let manager = PackageManager::of(project, &Disk, is_there);
    install_command(project, manager, &shown, &Disk)
}

/// The command that adds a package that the project is developed with.
pub(crate) fn to_develop_with(package: &str, project: &Path, context: &Context) -> String {
    let shown = context.shown(project);
    let is_there = |manager: PackageManager| context.find_command(manager.command()).is_some();
    let manager = PackageManager::of(project, &Disk, is_there);
    let flag = match manager {
        PackageManager::Npm | PackageManager::Pnpm | PackageManager::Yarn => "-D",
        PackageManager::Bun => "-d",
    };
    let (go, add, package) = (go(&shown), add(manager), shell::quoted(package));
    format!("{go}{add} {flag} {package}")
}

/// How one comes to the project first.
fn go(shown: &str) -> String {
    if shown == "." {
        String::new()
    } else {
        format!("cd {} && ", shell::quoted(shown))
    }
}

/// How a manager adds packages to a project.
fn add(manager: PackageManager) -> String {
    let verb = match manager {
        PackageManager::Npm => "install",
        PackageManager::Pnpm | PackageManager::Yarn | PackageManager::Bun => "add",
    };
    format!("{} {verb}", manager.command())
}

fn install_command(
    project: &Path,
    manager: PackageManager,
    shown: &str,
    disk: &impl Probe,
) -> String {
    let go = go(shown);
    // Yarn's Plug'n'Play leaves no `node_modules`, which is where the packages are looked for.
    let mut folders = project.ancestors();
    if folders.any(|folder| disk.exists(&folder.join(PLUG_N_PLAY))) {
        return format!("{go}yarn config set nodeLinker node-modules && yarn install");
    }
    let manifest = disk.read(&project.join("package.json"));
    if manifest.is_some_and(|text| names_langgraph(&text)) {
        return format!("{go}{} install", manager.command());
    }
    format!("{go}{} {LANGGRAPH} @langchain/core", add(manager))
}

/// Whether installing what the `package.json` asks for installs langgraph.
fn names_langgraph(manifest: &str) -> bool {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Dependencies {
        dependencies: BTreeMap<String, Value>,
        dev_dependencies: BTreeMap<String, Value>,
    }
    let asked: Dependencies = serde_json::from_str(manifest).unwrap_or_default();
    [asked.dependencies, asked.dev_dependencies]
        .iter()
        .any(|packages| packages.contains_key(LANGGRAPH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn command(manifest: &str, manager: PackageManager) -> String {
        let disk = MadeUp::default().and_file("/w/p/package.json", manifest);
        install_command(Path::new("/w/p"), manager, ".", &disk)
    }

    #[test]
    fn a_project_that_names_langgraph_is_installed() {
        let names = r#"{"dependencies": {"@langchain/langgraph": "^1"}}"#;
        for (manager, installs) in [
            (PackageManager::Npm, "npm install"),
            (PackageManager::Pnpm, "pnpm install"),
            (PackageManager::Yarn, "yarn install"),
            (PackageManager::Bun, "bun install"),
        ] {
            assert_eq!(command(names, manager), installs);
        }
        let to_build_with = r#"{"devDependencies": {"@langchain/langgraph": "^1"}}"#;
        assert_eq!(command(to_build_with, PackageManager::Npm), "npm install");
    }

    #[test]
    fn a_project_that_does_not_name_langgraph_gets_it() {
        for other in [
            "{}",
            r#"{"dependencies": {"@langchain/langgraph-sdk": "^1"}}"#,
            r#"{"keywords": ["@langchain/langgraph"]}"#,
        ] {
            assert_eq!(
                command(other, PackageManager::Npm),
                "npm install @langchain/langgraph @langchain/core"
            );
        }
        assert_eq!(
            command("{}", PackageManager::Pnpm),
            "pnpm add @langchain/langgraph @langchain/core"
        );
    }

    #[test]
    fn a_project_that_yarn_has_given_no_node_modules_gets_them() {
        let disk = MadeUp::default().and_file("/w/.pnp.cjs", "");
        assert_eq!(
            install_command(Path::new("/w/p"), PackageManager::Yarn, ".", &disk),
            "yarn config set nodeLinker node-modules && yarn install"
        );
    }
}
