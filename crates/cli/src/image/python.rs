//! The packages of a project in Python, and the steps that install them into `/opt/venv`.

use std::path::{Path, PathBuf};

use lgx_config::{Config, ImageKeys, PipInstaller};

use super::base_images::UV;
use super::folders::Folders;
use super::lines::{DockerLines, cache};
use super::secrets::BuildSecret;
use crate::disk::Probe;
use crate::shell;

/// Where the packages are.
pub(super) const ENVIRONMENT: &str = "/opt/venv";
/// What makes a folder a package that can be installed.
const PACKAGE: [&str; 2] = ["pyproject.toml", "setup.py"];
const UV_LOCK: &str = "uv.lock";

/// What is installed, and by what.
#[derive(Debug)]
pub(crate) struct PythonPackages {
    /// What a lock pins.
    locked: Option<LockedByUv>,
    /// Files of requirements.
    requirements: Vec<PathBuf>,
    /// Whether they name nothing but packages, so that they are installed before the code is there.
    requirements_stand_alone: bool,
    /// Requirements in langgraph.json.
    named: Vec<String>,
    /// Folders with packages of the project's own.
    own: Vec<PathBuf>,
    /// Folders that code is imported from.
    folders: Vec<PathBuf>,
    /// Whether pip installs what no lock pins.
    by_pip: bool,
}

/// A lock of uv.
#[derive(Debug)]
struct LockedByUv {
    /// Where it lies.
    folder: PathBuf,
    /// Which package of a workspace is meant.
    package: Option<String>,
    /// Whether it is the lock of one package, which nothing but its own manifest is needed to read.
    is_of_one: bool,
}

impl PythonPackages {
    /// What the files of a project ask for.
    pub(super) fn of(config: &Config, keys: &ImageKeys, disk: &impl Probe) -> Self {
        let by_pip = match keys.pip_installer {
            PipInstaller::Pip => true,
            PipInstaller::Uv => false,
            // uv does not read what pip is configured by.
            PipInstaller::Auto => keys.pip_config_file.is_some(),
        };
        let mut packages = Self {
            locked: LockedByUv::of(config, keys, disk),
            requirements: Vec::new(),
            requirements_stand_alone: true,
            named: Vec::new(),
            own: Vec::new(),
            folders: Vec::new(),
            by_pip,
        };
        for dependency in &keys.dependencies {
            let folder = config.root.join(dependency);
            if disk.is_directory(&folder) {
                packages.add_folder(folder.components().collect(), disk);
            } else if !dependency.starts_with(['.', '/']) {
                packages.named.push(dependency.clone());
            }
        }
        packages
    }

    fn add_folder(&mut self, folder: PathBuf, disk: &impl Probe) {
        let is_locked = self.locked.as_ref().is_some_and(|it| it.folder == folder);
        let requirements = folder.join("requirements.txt");
        if !is_locked && let Some(text) = disk.read(&requirements) {
            self.requirements_stand_alone &= stands_alone(&text);
            self.requirements.push(requirements);
        }
        if !is_locked && PACKAGE.iter().any(|file| disk.exists(&folder.join(file))) {
            self.own.push(folder.clone());
        }
        self.folders.push(folder);
    }

    /// The folders that have to be in the image.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let locked = self.locked.iter().map(|locked| locked.folder.clone());
        self.folders.iter().cloned().chain(locked).collect()
    }

    /// What is not as the person may think.
    pub(super) fn notes(&self, keys: &ImageKeys) -> Option<String> {
        let configured = keys.pip_config_file.as_deref()?;
        let what = if self.locked.is_some() {
            "uv.lock"
        } else if self.by_pip {
            return None;
        } else {
            "`pip_installer` uv"
        };
        Some(format!(
            "{configured} is read by pip alone: with {what}, indexes are those of [tool.uv] in pyproject.toml"
        ))
    }

    /// Whether uv does any of it.
    pub(super) fn need_uv(&self) -> bool {
        self.locked.is_some() || !self.by_pip
    }

    /// The steps up to where the code is copied.
    pub(super) fn before_code(
        &self,
        folders: &Folders,
        secrets: &[BuildSecret],
        lines: &mut DockerLines,
    ) {
        self.environment(lines);
        if let Some(locked) = self.locked.as_ref().filter(|locked| locked.is_of_one) {
            let folder = folders.inside(&locked.folder);
            let files = ["pyproject.toml", UV_LOCK];
            let files = files.map(|file| folders.seen_in_context(&locked.folder.join(file)));
            lines.copy_into(&files, &folder);
            lines.run(
                &[uv_cache()],
                format_args!(
                    "{}uv sync --frozen --no-dev --no-install-local",
                    into(&folder)
                ),
            );
        }
        if self.requirements_stand_alone {
            for file in &self.requirements {
                let folder = folders.inside(file.parent().unwrap_or(file));
                lines.copy_into(&[folders.seen_in_context(file)], &folder);
            }
            self.install(&self.indexed_requirements(folders), secrets, lines);
        }
    }

    /// The steps behind it.
    pub(super) fn behind_code(
        &self,
        folders: &Folders,
        secrets: &[BuildSecret],
        lines: &mut DockerLines,
    ) {
        if let Some(locked) = &self.locked {
            let package = locked.package.as_ref();
            let package = package.map(|name| format!(" --package {}", shell::quoted(name)));
            lines.run(
                &[uv_cache()],
                format_args!(
                    "{}uv sync --locked --no-dev{}",
                    into(&folders.inside(&locked.folder)),
                    package.unwrap_or_default()
                ),
            );
        }
        let mut words = Vec::new();
        if !self.requirements_stand_alone {
            words.extend(self.indexed_requirements(folders));
        }
        for folder in &self.own {
            words.extend(["-e".to_owned(), folders.inside(folder)]);
        }
        self.install(&words, secrets, lines);
    }

    /// Makes the place for the packages. What lines of the project's own installed is seen from there.
    fn environment(&self, lines: &mut DockerLines) {
        if self.need_uv() {
            lines.copy(
                Some("uv"),
                &["/uv".to_owned(), "/usr/local/bin/uv".to_owned()],
            );
            lines.add(format_args!(
                "ENV UV_PROJECT_ENVIRONMENT={ENVIRONMENT} UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never"
            ));
            lines.run(
                &[],
                format_args!("uv venv --system-site-packages {ENVIRONMENT}"),
            );
        } else {
            lines.run(
                &[],
                format_args!("python3 -m venv --without-pip --system-site-packages {ENVIRONMENT}"),
            );
        }
        lines.add(format_args!(
            "ENV VIRTUAL_ENV={ENVIRONMENT} PATH={ENVIRONMENT}/bin:$PATH"
        ));
    }

    /// What indexes have, as an installer is told of it.
    fn indexed_requirements(&self, folders: &Folders) -> Vec<String> {
        let mut words = Vec::new();
        for file in &self.requirements {
            words.extend(["-r".to_owned(), folders.inside(file)]);
        }
        words.extend(self.named.iter().cloned());
        words
    }

    fn install(&self, what: &[String], secrets: &[BuildSecret], lines: &mut DockerLines) {
        if what.is_empty() {
            return;
        }
        let what = shell::command(what.iter().map(String::as_str));
        if self.by_pip {
            let mounts = pip_mounts(secrets);
            lines.run(
                &mounts,
                format_args!("python3 -m pip --python {ENVIRONMENT}/bin/python install {what}"),
            );
        } else {
            lines.run(&[uv_cache()], format_args!("uv pip install {what}"));
        }
    }
}

impl LockedByUv {
    fn of(config: &Config, keys: &ImageKeys, disk: &impl Probe) -> Option<Self> {
        let source = keys.uv_source.as_ref();
        let folder: PathBuf = match source {
            Some(source) => config.root.join(&source.root).components().collect(),
            None => config.root.clone(),
        };
        // That a `source` of uv has no lock is for uv to say.
        if source.is_none() && !disk.exists(&folder.join(UV_LOCK)) {
            return None;
        }
        let manifest = disk.read(&folder.join("pyproject.toml"));
        let package = source.and_then(|source| source.package.clone());
        let is_of_one = package.is_none() && !manifest.is_none_or(|text| is_workspace(&text));
        let folder = plain_folder(&folder);
        Some(Self {
            folder,
            package,
            is_of_one,
        })
    }
}

/// A folder without `..` in it.
fn plain_folder(folder: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in folder.components() {
        if part == std::path::Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// Whether a manifest is that of several packages, or could be: one that cannot be read is not trusted to stand alone.
fn is_workspace(pyproject: &str) -> bool {
    let Ok(pyproject) = pyproject.parse::<toml::Table>() else {
        return true;
    };
    let uv = pyproject.get("tool").and_then(|tool| tool.get("uv"));
    uv.is_some_and(|uv| uv.get("workspace").is_some())
}

/// Whether requirements need no other file: no further ones, no constraints, no package of a folder.
fn stands_alone(requirements: &str) -> bool {
    let lines = requirements.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.all(|line| {
        let is_option = line.starts_with('-');
        let is_path = line.starts_with(['.', '/']) || line.contains("file:");
        let is_index = line.starts_with("--") && line.contains("index");
        !is_path && (!is_option || is_index)
    })
}

/// What pip gets for a step.
pub(super) fn pip_mounts(secrets: &[BuildSecret]) -> Vec<String> {
    let mut mounts = vec![cache(".cache/pip")];
    mounts.extend(secrets.iter().filter_map(BuildSecret::for_pip));
    mounts
}

/// The stage that uv is taken from.
pub(super) fn uv_stage(image: &str, secrets: &[BuildSecret], lines: &mut DockerLines) {
    lines.stage(image, Some("uv"));
    lines.run(
        &pip_mounts(secrets),
        format_args!("pip install --target /wheel uv=={UV} && mv /wheel/bin/uv /uv"),
    );
    lines.gap();
}

fn uv_cache() -> String {
    cache(".cache/uv")
}

/// Goes to a folder first, if it is not where steps begin.
fn into(folder: &str) -> String {
    if folder == "/app" {
        String::new()
    } else {
        format!("cd {} && ", shell::quoted(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_that_name_files_wait_for_the_code() {
        assert!(stands_alone(
            "# ours\nlanggraph>=1\n--extra-index-url https://example.com\n\nhttpx[http2]==0.28 ; python_version > '3.10'"
        ));
        for line in [
            "-r base.txt",
            "-c limits.txt",
            "-e .",
            "./lib",
            "lib @ file:///lib",
        ] {
            assert!(!stands_alone(line), "{line}");
        }
    }

    #[test]
    fn a_workspace_is_more_than_one_package() {
        assert!(is_workspace("[tool.uv.workspace]\nmembers = ['a']"));
        assert!(is_workspace("not toml"));
        assert!(!is_workspace("[project]\nname = 'a'\n[tool.uv]\n"));
    }
}
