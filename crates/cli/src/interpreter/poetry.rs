//! The environment that Poetry keeps for a project in its cache.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::context::Env;
use crate::disk::Probe;
use crate::env_names;

/// Whether Poetry manages the project: it has a lock file or a section of Poetry's, or is built by it.
pub(crate) fn manages(project: &Path, disk: &impl Probe) -> bool {
    disk.exists(&project.join("poetry.lock"))
        || read(project, disk).is_some_and(|pyproject| pyproject.is_poetrys())
}

/// The project's environment, if Poetry manages the project and made one: the one of the newest Python.
pub(super) fn environment(project: &Path, env: &Env, disk: &impl Probe) -> Option<PathBuf> {
    if !manages(project, disk) {
        return None;
    }
    let name = read(project, disk)?.name();
    // Poetry looks a symbolic link up before it names the environment.
    let directory = disk.real(project);
    let prefix = format!("{}-{}-py", sanitized(&name), digest(&directory));
    let directory = environments(env)?;
    let mut names = disk.names(&directory);
    names.retain(|name| name.starts_with(&prefix));
    // py3.9 < py3.10: longer names are newer.
    names.sort_by_key(|name| (name.len(), name.clone()));
    Some(directory.join(names.pop()?))
}

/// As much of pyproject.toml as tells whose project it is.
#[derive(Debug, Deserialize)]
struct Pyproject {
    project: Option<Named>,
    tool: Option<Tool>,
    #[serde(rename = "build-system")]
    build_system: Option<BuildSystem>,
}

#[derive(Debug, Deserialize)]
struct Tool {
    poetry: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct BuildSystem {
    #[serde(rename = "build-backend")]
    build_backend: Option<String>,
}

impl Pyproject {
    /// Whether it says itself that the project is Poetry's.
    fn is_poetrys(&self) -> bool {
        let backend = self
            .build_system
            .as_ref()
            .and_then(|system| system.build_backend.as_deref());
        self.poetry().is_some() || backend.is_some_and(|backend| backend.starts_with("poetry."))
    }

    /// The name by which Poetry knows the project.
    fn name(&self) -> String {
        let standard = self
            .project
            .as_ref()
            .and_then(|project| project.name.as_ref());
        let own = self.poetry().and_then(|poetry| poetry.name.as_ref());
        // What Poetry calls a project that is no package and has no name.
        standard
            .or(own)
            .map_or_else(|| "non-package-mode".to_owned(), Clone::clone)
    }

    fn poetry(&self) -> Option<&Named> {
        self.tool.as_ref()?.poetry.as_ref()
    }
}

fn read(project: &Path, disk: &impl Probe) -> Option<Pyproject> {
    toml::from_str(&disk.read(&project.join("pyproject.toml"))?).ok()
}

/// Where Poetry keeps environments.
fn environments(env: &Env) -> Option<PathBuf> {
    if let Some(directory) = env.path(env_names::POETRY_VIRTUALENVS_PATH) {
        return Some(directory.to_owned());
    }
    let cache = if let Some(cache) = env.path(env_names::POETRY_CACHE_DIR) {
        cache.to_owned()
    } else {
        env.caches()?.join("pypoetry")
    };
    Some(cache.join("virtualenvs"))
}

/// The project's name as Poetry writes it in a directory's name.
fn sanitized(name: &str) -> String {
    let replaced = name.to_lowercase().replace(
        [' ', '$', '`', '!', '*', '@', '"', '\\', '\r', '\n', '\t'],
        "_",
    );
    replaced.chars().take(42).collect()
}

/// The project's directory as Poetry writes it: eight characters of its SHA-256 in URL-safe base64.
fn digest(project: &Path) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let hash = Sha256::digest(project.as_os_str().as_encoded_bytes());
    hash.chunks_exact(3)
        .take(2)
        .flat_map(|bytes| {
            let [a, b, c] = [bytes[0], bytes[1], bytes[2]];
            [
                a >> 2,
                (a & 3) << 4 | b >> 4,
                (b & 15) << 2 | c >> 6,
                c & 63,
            ]
        })
        .map(|index| char::from(ALPHABET[usize::from(index)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    const PYPROJECT: &str = "[tool.poetry]\nname = \"My Agent\"\n";

    fn found(pyproject: &str, environments: &[&str]) -> Option<String> {
        found_with(pyproject, environments, false)
    }

    fn found_with(pyproject: &str, environments: &[&str], locked: bool) -> Option<String> {
        let env: Env = [("HOME", "/home/ada"), ("POETRY_CACHE_DIR", "/cache")]
            .into_iter()
            .collect();
        let project = Path::new("/home/ada/work/agent");
        let mut disk = MadeUp::default().and_file("/home/ada/work/agent/pyproject.toml", pyproject);
        for environment in environments {
            disk = disk.and_file(&format!("{environment}/pyvenv.cfg"), "");
        }
        if locked {
            disk = disk.and_file("/home/ada/work/agent/poetry.lock", "");
        }
        environment(project, &env, &disk).map(|path| path.display().to_string())
    }

    #[test]
    fn the_directory_of_a_project_is_written_as_poetry_does() {
        // python: base64.urlsafe_b64encode(hashlib.sha256(path.encode()).digest()).decode()[:8]
        assert_eq!(digest(Path::new("/home/ada/work/agent")), "dhyYg8bo");
    }

    #[test]
    fn the_newest_environment_of_this_project_is_taken() {
        let environments = [
            "/cache/virtualenvs/my_agent-dhyYg8bo-py3.9",
            "/cache/virtualenvs/my_agent-dhyYg8bo-py3.12",
            "/cache/virtualenvs/my_agent-elsewhere-py3.13",
        ];

        assert_eq!(
            found(PYPROJECT, &environments).as_deref(),
            Some(environments[1])
        );
    }

    #[test]
    fn a_project_that_is_not_poetrys_has_none() {
        let environments = ["/cache/virtualenvs/my-agent-dhyYg8bo-py3.12"];
        let poetrys = "[project]\nname = \"my-agent\"\n[build-system]\nbuild-backend = \"poetry.core.masonry.api\"\n";
        let another =
            "[project]\nname = \"my-agent\"\n[build-system]\nbuild-backend = \"hatchling.build\"\n";

        assert_eq!(
            found(poetrys, &environments).as_deref(),
            Some(environments[0])
        );
        assert_eq!(found(another, &environments), None);
    }

    #[test]
    fn a_lock_file_alone_makes_it_poetrys() {
        let pyproject =
            "[project]\nname = \"my-agent\"\n[build-system]\nbuild-backend = \"hatchling.build\"\n";
        let own = "/cache/virtualenvs/my-agent-dhyYg8bo-py3.12";
        let unnamed = "/cache/virtualenvs/non-package-mode-dhyYg8bo-py3.12";

        assert_eq!(found_with(pyproject, &[own], true).as_deref(), Some(own));
        assert_eq!(
            found_with("[tool.ruff]", &[unnamed], true).as_deref(),
            Some(unnamed)
        );
    }

    #[test]
    fn a_file_that_nests_without_end_is_no_pyproject() {
        let deep = format!("a = {}", "[".repeat(200_000));

        assert_eq!(found(&deep, &[]), None);
    }
}
