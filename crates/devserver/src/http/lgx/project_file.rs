//! Which files the page may see and open: sources below the project's folder, and what its code was loaded from elsewhere.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use lgx_config::read_plain_file;

use crate::app::App;

/// Why a file is not shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Outside {
    /// It is none of the project's.
    #[error("{0} is no source of this project.")]
    NotOfProject(String),
    /// Nothing is there.
    #[error("{0} does not exist.")]
    Missing(String),
}

/// What may be seen.
pub(super) struct Allowed {
    root: PathBuf,
    /// The modules of the project, wherever they lie.
    loaded: HashSet<PathBuf>,
}

impl Allowed {
    /// What may be seen of the project of this server.
    pub(super) fn of(app: &App) -> Self {
        let workers = &app.engine.workers;
        let generation = workers.serving_generation();
        let files = generation.iter();
        let files = files.flat_map(|generation| &generation.loaded().sources.files);
        Self {
            root: workers.config().root.clone(),
            // Data that was read while modules were imported may hold secrets.
            loaded: files.filter(|file| is_module(file)).cloned().collect(),
        }
    }

    /// The folder that names of files are relative to.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The file of this name, without links in it, if it may be seen. What links lead to decides, not where they lie.
    pub(super) fn find(&self, file: &Path) -> Result<PathBuf, Outside> {
        let shown = || file.display().to_string();
        let asked = self.root.join(file);
        let Ok(real) = fs_err::canonicalize(&asked) else {
            // Whether something is there that may not be seen is not told either.
            return Err(
                if self.loaded.contains(&asked)
                    || self.is_below(&asked, &self.root) && !has_parent(&asked)
                {
                    Outside::Missing(shown())
                } else {
                    Outside::NotOfProject(shown())
                },
            );
        };
        let root = fs_err::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let is_loaded = || {
            let mut loaded = self.loaded.iter();
            loaded.any(|module| fs_err::canonicalize(module).is_ok_and(|module| module == real))
        };
        if self.is_below(&real, &root) || is_loaded() {
            // As the project names it, where that is possible.
            let within = real
                .strip_prefix(&root)
                .map(|within| self.root.join(within));
            return Ok(within.unwrap_or(real));
        }
        Err(Outside::NotOfProject(shown()))
    }

    /// Below the project, and in nothing hidden: `.env` holds secrets, `.git` and `.venv` are nobody's sources.
    #[expect(clippy::unused_self, reason = "reads as what it asks")]
    fn is_below(&self, file: &Path, root: &Path) -> bool {
        let Ok(within) = file.strip_prefix(root) else {
            return false;
        };
        let mut names = within.components();
        !names.any(|name| name.as_os_str().to_string_lossy().starts_with('.'))
    }
}

fn has_parent(path: &Path) -> bool {
    path.components()
        .any(|part| part == std::path::Component::ParentDir)
}

fn is_module(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("py" | "js" | "mjs" | "ts" | "tsx"))
}

/// What the file holds, if it is text, and not too much of it.
pub(super) fn text(file: &Path) -> Option<String> {
    let bytes = read_plain_file(file).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_sources_of_the_project_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["project/src", "project/.git", "lib"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        for name in [
            "project/src/graph.py",
            "project/.env",
            "project/.git/config",
            "secret.py",
            "lib/loaded.py",
        ] {
            std::fs::write(at(name), "x = 1\n").unwrap();
        }
        symlink(at("secret.py"), at("project/link.py")).unwrap();
        symlink(at("project/src"), at("project/inner")).unwrap();
        let allowed = Allowed {
            root: at("project"),
            loaded: [at("lib/loaded.py")].into(),
        };
        let found = |name: &str| allowed.find(Path::new(name));
        let graph = at("project/src/graph.py");
        assert_eq!(found("src/graph.py"), Ok(graph.clone()));
        assert_eq!(found("src/../src/graph.py"), Ok(graph.clone()));
        assert_eq!(found("inner/graph.py"), Ok(graph.clone()));
        assert_eq!(found(graph.to_str().unwrap()), Ok(graph));
        let loaded = at("lib/loaded.py");
        let loaded = loaded.to_str().unwrap();
        assert!(found(loaded).is_ok());
        assert_eq!(
            found("src/no.py"),
            Err(Outside::Missing("src/no.py".into()))
        );
        for name in [
            "../secret.py",
            "../nothing.py",
            "link.py",
            ".env",
            ".git/config",
            "/etc/passwd",
            "/nothing/there",
        ] {
            assert_eq!(
                found(name),
                Err(Outside::NotOfProject(name.into())),
                "{name}"
            );
        }
        std::fs::remove_file(loaded).unwrap();
        assert_eq!(found(loaded), Err(Outside::Missing(loaded.into())));
    }

    #[test]
    fn only_text_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.py");
        for (content, shown) in [
            (&b"x = 1\n"[..], true),
            (b"a\0b", false),
            (b"\xff\xfe", false),
        ] {
            std::fs::write(&file, content).unwrap();
            assert_eq!(text(&file).is_some(), shown, "{content:?}");
        }
        assert_eq!(text(folder.path()), None);
    }
}
