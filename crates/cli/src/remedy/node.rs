//! What to type when the project's `node_modules` lack langgraph: by the package manager that the project is kept with.

use std::path::Path;

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

fn install_command(
    project: &Path,
    manager: PackageManager,
    shown: &str,
    disk: &impl Probe,
) -> String {
    let go = if shown == "." {
        String::new()
    } else {
        format!("cd {} && ", shell::quoted(shown))
    };
    // Yarn's Plug'n'Play leaves no `node_modules`, which is where the packages are looked for.
    let mut folders = project.ancestors();
    if folders.any(|folder| disk.exists(&folder.join(PLUG_N_PLAY))) {
        return format!("{go}yarn config set nodeLinker node-modules && yarn install");
    }
    let command = manager.command();
    let manifest = disk.read(&project.join("package.json"));
    if manifest.is_some_and(|text| text.contains(LANGGRAPH)) {
        return format!("{go}{command} install");
    }
    let add = match manager {
        PackageManager::Npm => "install",
        PackageManager::Pnpm | PackageManager::Yarn | PackageManager::Bun => "add",
    };
    format!("{go}{command} {add} {LANGGRAPH} @langchain/core")
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
    }

    #[test]
    fn a_project_that_does_not_name_langgraph_gets_it() {
        assert_eq!(
            command("{}", PackageManager::Npm),
            "npm install @langchain/langgraph @langchain/core"
        );
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
