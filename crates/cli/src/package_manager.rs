//! Which program installs the packages of a JavaScript project: the one that it is kept with, else one that is there.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::disk::Probe;

/// A program that installs packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageManager {
    Npm,
    Pnpm,
    Yarn,
    Bun,
}

impl PackageManager {
    /// In the order in which they are looked for.
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

    /// The files that pin what it installs.
    pub(crate) const fn lock_files(self) -> &'static [&'static str] {
        match self {
            Self::Npm => &["package-lock.json", "npm-shrinkwrap.json"],
            Self::Pnpm => &["pnpm-lock.yaml"],
            Self::Yarn => &["yarn.lock"],
            Self::Bun => &["bun.lock", "bun.lockb"],
        }
    }

    /// The one that the project is kept with; where nothing says so, the first that is there, which `is_there` knows.
    pub(crate) fn of(project: &Path, disk: &impl Probe, is_there: impl Fn(Self) -> bool) -> Self {
        KeptWith::said(project, disk)
            .map(|said| said.manager)
            .or_else(|| Self::ALL.into_iter().find(|manager| is_there(*manager)))
            .unwrap_or(Self::Npm)
    }
}

/// What a project is kept with, and the file that says so.
#[derive(Debug)]
pub(crate) struct KeptWith {
    pub(crate) manager: PackageManager,
    pub(crate) file: PathBuf,
}

impl KeptWith {
    /// What package.json or a lock file says, in the project or above it, up to the root of the repository.
    pub(crate) fn said(project: &Path, disk: &impl Probe) -> Option<Self> {
        for directory in project.ancestors() {
            let found = named(directory, disk).or_else(|| locked(directory, disk));
            if found.is_some() || disk.exists(&directory.join(".git")) {
                return found;
            }
        }
        None
    }
}

/// `"packageManager": "pnpm@9.1.0"`, or `devEngines.packageManager`, which is one or a list of which any will do.
fn named(directory: &Path, disk: &impl Probe) -> Option<KeptWith> {
    let file = directory.join("package.json");
    let manifest: Value = serde_json::from_str(&disk.read(&file)?).ok()?;
    let said = manifest.get("packageManager").and_then(Value::as_str);
    let engines = manifest.pointer("/devEngines/packageManager");
    let engines = match engines {
        Some(Value::Array(several)) => several.as_slice(),
        one => one.map(std::slice::from_ref).unwrap_or_default(),
    };
    let engines = engines
        .iter()
        .filter_map(|engine| engine.get("name")?.as_str());
    let manager = said.into_iter().chain(engines).find_map(with_name)?;
    Some(KeptWith { manager, file })
}

/// The manager that is meant by `pnpm` or `pnpm@9.1.0`.
fn with_name(said: &str) -> Option<PackageManager> {
    let (name, _) = said.split_once('@').unwrap_or((said, ""));
    let mut all = PackageManager::ALL.into_iter();
    all.find(|manager| manager.command() == name)
}

/// The manager that has left a lock file in the directory.
fn locked(directory: &Path, disk: &impl Probe) -> Option<KeptWith> {
    PackageManager::ALL.into_iter().find_map(|manager| {
        let files = manager.lock_files().iter();
        let mut files = files.map(|file| directory.join(file));
        let file = files.find(|file| disk.exists(file))?;
        Some(KeptWith { manager, file })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn manager(files: &[(&str, &str)], there: &[&str]) -> &'static str {
        let disk = files.iter().fold(MadeUp::default(), |disk, (file, text)| {
            disk.and_file(&format!("/w/{file}"), text)
        });
        let is_there = |manager: PackageManager| there.contains(&manager.command());
        PackageManager::of(Path::new("/w/p"), &disk, is_there).command()
    }

    #[test]
    fn a_lock_file_of_the_project_or_its_workspace_decides() {
        for (lock_file, expected) in [
            ("p/package-lock.json", "npm"),
            ("p/pnpm-lock.yaml", "pnpm"),
            ("yarn.lock", "yarn"),
            ("bun.lockb", "bun"),
        ] {
            assert_eq!(manager(&[(lock_file, "")], &["npm"]), expected);
        }
    }

    #[test]
    fn what_lies_above_the_repository_says_nothing_of_it() {
        assert_eq!(
            manager(&[("p/.git/HEAD", ""), ("yarn.lock", "")], &[]),
            "npm"
        );
    }

    #[test]
    fn what_package_json_says_counts_more_than_a_lock_file() {
        let says = r#"{"packageManager": "pnpm@9.1.0"}"#;
        let files = [("p/package.json", says), ("p/yarn.lock", "")];
        assert_eq!(manager(&files, &["npm"]), "pnpm");
        for (says, expected) in [
            (r#"{"packageManager": "pnpm"}"#, "pnpm"),
            (
                r#"{"devEngines": {"packageManager": {"name": "yarn"}}}"#,
                "yarn",
            ),
            (
                r#"{"devEngines": {"packageManager": [{"name": "other"}, {"name": "bun"}]}}"#,
                "bun",
            ),
            (
                r#"{"packageManager": "yarn@4.5.0", "devEngines": {"packageManager": []}}"#,
                "yarn",
            ),
        ] {
            let files = [("package.json", says), ("p/package.json", "{}")];
            assert_eq!(manager(&files, &["npm"]), expected, "{says}");
        }
    }

    #[test]
    fn where_nothing_is_said_the_first_that_is_there_will_do() {
        assert_eq!(manager(&[], &["bun", "npm"]), "npm");
        assert_eq!(manager(&[], &["bun", "pnpm"]), "pnpm");
        assert_eq!(manager(&[], &["bun"]), "bun");
        assert_eq!(manager(&[], &[]), "npm");
    }
}
