//! The packages of a project in JavaScript, and the steps that install them into its `node_modules`.

use std::path::PathBuf;

use lgx_config::Config;
use serde_json::Value;

use super::folders::Folders;
use super::lines::{DockerLines, cache};
use super::secrets::BuildSecret;
use crate::disk::Probe;
use crate::package_manager::{KeptWith, PackageManager};
use crate::shell;

/// Scripts of a package that run when it is installed, and may want to see the code.
const LIFECYCLE: [&str; 4] = ["preinstall", "install", "postinstall", "prepare"];
/// Files beside a manifest that say how packages are installed.
const SETTINGS: [&str; 4] = [
    ".npmrc",
    ".yarnrc.yml",
    "pnpm-workspace.yaml",
    ".pnpmfile.cjs",
];

/// What is installed, and by what.
#[derive(Debug)]
pub(crate) struct NodePackages {
    /// The folder with the lock: the project, or the workspace that it belongs to.
    pub(super) folder: PathBuf,
    manager: PackageManager,
    /// The version of the manager that package.json asks for.
    version: Option<String>,
    /// The lock, if there is one.
    lock: Option<&'static str>,
    /// How an early Yarn is told from a later one.
    is_classic_yarn: bool,
    /// Files that say which packages there are, without the code.
    manifests: Vec<&'static str>,
    /// Whether these are all that it takes.
    stands_alone: bool,
}

impl NodePackages {
    /// What the files of a project ask for.
    pub(super) fn of(config: &Config, disk: &impl Probe) -> Self {
        let manager = PackageManager::of(&config.root, disk, |_| false);
        let (folder, lock) =
            locked(manager, config, disk).unwrap_or_else(|| (config.root.clone(), None));
        let manifest = disk.read(&folder.join("package.json"));
        let manifest: Value = manifest
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let lock_text = lock.and_then(|lock| disk.read(&folder.join(lock)));
        let is_there = |file: &&'static str| disk.exists(&folder.join(file));
        let settings = SETTINGS.into_iter().filter(is_there);
        let manifests = ["package.json"].into_iter().chain(lock).chain(settings);
        Self {
            manager,
            version: asked_for(&manifest, manager),
            lock,
            is_classic_yarn: lock_text.is_none_or(|text| !text.contains("__metadata:")),
            manifests: manifests.collect(),
            stands_alone: folder == config.root
                && !needs_code(&manifest)
                && !disk.exists(&folder.join(".yarn"))
                && !disk.exists(&folder.join("pnpm-workspace.yaml")),
            folder,
        }
    }

    /// What is not as the person may think.
    pub(super) fn notes(&self, config: &Config) -> Vec<String> {
        let mut notes = Vec::new();
        if self.lock.is_none() {
            let manager = self.manager.command();
            notes.push(format!(
                "there is no lock file of {manager}, so each build takes the newest packages: {manager} install writes one"
            ));
        }
        if self.folder != config.root {
            notes.push(format!(
                "packages are those of the workspace in {}",
                self.folder.display()
            ));
        }
        notes
    }

    /// Whether npm itself installs them.
    fn is_npm(&self) -> bool {
        self.manager == PackageManager::Npm
    }

    /// The steps up to where the code is copied.
    pub(super) fn before_code(
        &self,
        folders: &Folders,
        secrets: &[BuildSecret],
        lines: &mut DockerLines,
    ) {
        if let Some(package) = self.manager_package() {
            lines.run(
                &Self::mounts(secrets, &[".npm"]),
                format_args!("npm install --global {package}"),
            );
        }
        if self.stands_alone {
            let kept_out = |file: &&str| secrets.iter().any(|secret| secret.is_file(file));
            let files: Vec<String> = self
                .manifests
                .iter()
                .filter(|file| !kept_out(file))
                .map(|file| folders.seen_in_context(&self.folder.join(file)))
                .collect();
            lines.copy_into(&files, &folders.inside(&self.folder));
            self.install(folders, secrets, lines);
        }
    }

    /// The steps behind it.
    pub(super) fn behind_code(
        &self,
        folders: &Folders,
        secrets: &[BuildSecret],
        lines: &mut DockerLines,
    ) {
        if !self.stands_alone {
            self.install(folders, secrets, lines);
        }
    }

    fn install(&self, folders: &Folders, secrets: &[BuildSecret], lines: &mut DockerLines) {
        let folder = folders.inside(&self.folder);
        let go = if folder == "/app" {
            String::new()
        } else {
            format!("cd {} && ", shell::quoted(&folder))
        };
        lines.run(
            &Self::mounts(secrets, &[self.cache()]),
            format_args!("{go}{}", self.command()),
        );
    }

    fn mounts(secrets: &[BuildSecret], caches: &[&str]) -> Vec<String> {
        let caches = caches.iter().map(|folder| cache(folder));
        let secrets = secrets.iter().filter_map(BuildSecret::for_npm);
        caches.chain(secrets).collect()
    }

    /// What installs exactly what the lock says.
    fn command(&self) -> &'static str {
        match (self.manager, self.lock.is_some()) {
            (PackageManager::Npm, true) => "npm ci",
            (PackageManager::Npm, false) => "npm install",
            (PackageManager::Pnpm, true) => "pnpm install --frozen-lockfile",
            (PackageManager::Pnpm, false) => "pnpm install",
            (PackageManager::Yarn, true) if self.is_classic_yarn => {
                "yarn install --frozen-lockfile"
            }
            (PackageManager::Yarn, true) => "yarn install --immutable",
            (PackageManager::Yarn, false) => "yarn install",
            (PackageManager::Bun, true) => "bun install --frozen-lockfile",
            (PackageManager::Bun, false) => "bun install",
        }
    }

    /// Where it keeps what it has downloaded.
    fn cache(&self) -> &'static str {
        match self.manager {
            PackageManager::Npm => ".npm",
            PackageManager::Pnpm => ".local/share/pnpm/store",
            PackageManager::Yarn if self.is_classic_yarn => "/usr/local/share/.cache/yarn",
            PackageManager::Yarn => ".yarn/berry/cache",
            PackageManager::Bun => ".bun/install/cache",
        }
    }

    /// The package that npm gets the manager from; npm itself is there.
    fn manager_package(&self) -> Option<String> {
        if self.is_npm() {
            return None;
        }
        let is_late_yarn = self.manager == PackageManager::Yarn && !self.is_classic_yarn;
        let name = if is_late_yarn {
            "@yarnpkg/cli-dist"
        } else {
            self.manager.command()
        };
        // Yarn of the first kind is on the image of Node.js in some version; it is replaced there.
        let version = match (self.manager, &self.version) {
            (_, Some(version)) => version.as_str(),
            (PackageManager::Pnpm, None) => "10",
            (PackageManager::Yarn, None) if is_late_yarn => "4",
            (_, None) => "1",
        };
        let force = if self.manager == PackageManager::Yarn && !is_late_yarn {
            "--force "
        } else {
            ""
        };
        Some(format!(
            "{force}{}",
            shell::quoted(&format!("{name}@{version}"))
        ))
    }
}

/// The lock of a manager: beside the project or above it, in its repository.
fn locked(
    manager: PackageManager,
    config: &Config,
    disk: &impl Probe,
) -> Option<(PathBuf, Option<&'static str>)> {
    KeptWith::said(&config.root, disk)?;
    for folder in config.root.ancestors() {
        let mut locks = manager.lock_files().iter().copied();
        if let Some(lock) = locks.find(|lock| disk.exists(&folder.join(lock))) {
            return Some((folder.to_owned(), Some(lock)));
        }
        if disk.exists(&folder.join(".git")) {
            break;
        }
    }
    None
}

/// The version in `"packageManager": "pnpm@9.1.0+sha512.…"`.
fn asked_for(manifest: &Value, manager: PackageManager) -> Option<String> {
    let said = manifest.get("packageManager")?.as_str()?;
    let (name, version) = said.split_once('@')?;
    let version = version.split('+').next()?;
    (name == manager.command()).then(|| version.to_owned())
}

/// Whether packages can be installed only where the code is: its scripts run then, or it is several packages.
fn needs_code(manifest: &Value) -> bool {
    let has_script = |name: &str| manifest.pointer(&format!("/scripts/{name}")).is_some();
    let from_folders = ["dependencies", "devDependencies", "optionalDependencies"]
        .iter()
        .filter_map(|section| manifest.get(section)?.as_object())
        .flat_map(|section| section.values())
        .filter_map(Value::as_str)
        .any(|wanted| {
            let kinds = [
                "file:",
                "link:",
                "portal:",
                "workspace:",
                "patch:",
                ".",
                "/",
            ];
            kinds.iter().any(|kind| wanted.starts_with(kind))
        });
    manifest.get("workspaces").is_some()
        || LIFECYCLE.iter().any(|name| has_script(name))
        || from_folders
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_version_of_a_manager_is_the_one_that_the_project_pins() {
        let manifest = json!({"packageManager": "pnpm@9.1.0+sha512.abc"});
        assert_eq!(
            asked_for(&manifest, PackageManager::Pnpm).as_deref(),
            Some("9.1.0")
        );
        assert_eq!(asked_for(&manifest, PackageManager::Yarn), None);
    }

    #[test]
    fn scripts_and_packages_of_folders_want_the_code() {
        for manifest in [
            json!({"scripts": {"postinstall": "patch-package"}}),
            json!({"workspaces": ["packages/*"]}),
            json!({"dependencies": {"lib": "file:../lib"}}),
            json!({"devDependencies": {"lib": "workspace:*"}}),
        ] {
            assert!(needs_code(&manifest), "{manifest}");
        }
        assert!(!needs_code(
            &json!({"scripts": {"build": "tsc"}, "dependencies": {"a": "^1"}})
        ));
    }
}
