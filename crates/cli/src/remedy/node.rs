//! What to type when the project's `node_modules` lack langgraph: by the package manager that the project is kept with.

use std::path::Path;

use serde::Deserialize;

use crate::context::Context;
use crate::disk::{Disk, Probe};
use crate::shell;

/// The package that every graph needs.
const LANGGRAPH: &str = "@langchain/langgraph";

/// A program that installs packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageManager {
    Npm,
    Pnpm,
    Yarn,
    Bun,
}

impl PackageManager {
    const ALL: [Self; 4] = [Self::Npm, Self::Pnpm, Self::Yarn, Self::Bun];

    /// What one types.
    pub(crate) const fn command(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::Yarn => "yarn",
            Self::Bun => "bun",
        }
    }

    const fn lock_files(self) -> &'static [&'static str] {
        match self {
            Self::Npm => &["package-lock.json", "npm-shrinkwrap.json"],
            Self::Pnpm => &["pnpm-lock.yaml"],
            Self::Yarn => &["yarn.lock"],
            Self::Bun => &["bun.lock", "bun.lockb"],
        }
    }

    /// The one that the project is kept with: its package.json says so, or a lock file does, up to the root of the workspace.
    pub(crate) fn of(project: &Path, disk: &impl Probe) -> Self {
        let found = project.ancestors().find_map(|directory| {
            named(directory, disk).or_else(|| {
                let has = |file: &&str| disk.exists(&directory.join(file));
                let mut all = Self::ALL.into_iter();
                all.find(|manager| manager.lock_files().iter().any(&has))
            })
        });
        found.unwrap_or(Self::Npm)
    }
}

/// What the `package.json` of a directory says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ProjectManifest {
    package_manager: String,
    dev_engines: DevEngines,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DevEngines {
    package_manager: NamedManager,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedManager {
    name: String,
}

/// `"packageManager": "pnpm@9.1.0"`, or `devEngines.packageManager`.
fn named(directory: &Path, disk: &impl Probe) -> Option<PackageManager> {
    let text = disk.read(&directory.join("package.json"))?;
    let manifest: ProjectManifest = serde_json::from_str(&text).ok()?;
    let (name, _) = manifest
        .package_manager
        .split_once('@')
        .unwrap_or((&manifest.dev_engines.package_manager.name, ""));
    PackageManager::ALL
        .into_iter()
        .find(|manager| manager.command() == name)
}

/// The command for this project.
pub(crate) fn for_project(project: &Path, context: &Context) -> String {
    let shown = context.shown(project);
    install_command(project, &shown, &Disk)
}

fn install_command(project: &Path, shown: &str, disk: &impl Probe) -> String {
    let go = if shown == "." {
        String::new()
    } else {
        format!("cd {} && ", shell::quoted(shown))
    };
    let manager = PackageManager::of(project, disk);
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

    fn command(files: &[(&str, &str)]) -> String {
        let disk = files.iter().fold(MadeUp::default(), |disk, (file, text)| {
            disk.and_file(&format!("/w/{file}"), text)
        });
        install_command(Path::new("/w/p"), ".", &disk)
    }

    const MANIFEST: (&str, &str) = (
        "p/package.json",
        r#"{"dependencies": {"@langchain/langgraph": "^1"}}"#,
    );

    #[test]
    fn the_package_manager_of_the_project_installs() {
        for (lock_file, manager) in [
            ("p/package-lock.json", "npm"),
            ("p/pnpm-lock.yaml", "pnpm"),
            ("yarn.lock", "yarn"),
            ("bun.lockb", "bun"),
        ] {
            let installs = command(&[MANIFEST, (lock_file, "")]);
            assert_eq!(installs, format!("{manager} install"));
        }
        assert_eq!(command(&[MANIFEST]), "npm install");
    }

    #[test]
    fn what_package_json_says_counts_more_than_a_lock_file() {
        let says =
            r#"{"packageManager": "pnpm@9.1.0", "dependencies": {"@langchain/langgraph": "^1"}}"#;
        assert_eq!(
            command(&[("p/package.json", says), ("p/yarn.lock", "")]),
            "pnpm install"
        );
        let says = r#"{"devEngines": {"packageManager": {"name": "yarn"}}}"#;
        assert_eq!(command(&[("package.json", says), MANIFEST]), "yarn install");
    }

    #[test]
    fn a_project_that_does_not_name_langgraph_gets_it() {
        let none = ("p/package.json", "{}");
        assert_eq!(
            command(&[none]),
            "npm install @langchain/langgraph @langchain/core"
        );
        assert_eq!(
            command(&[none, ("p/pnpm-lock.yaml", "")]),
            "pnpm add @langchain/langgraph @langchain/core"
        );
    }
}
