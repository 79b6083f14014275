//! Where Postgres is installed: Debian keeps its programs off PATH.

use std::path::{Path, PathBuf};

/// The programs of one version.
#[derive(Debug, Clone)]
pub struct Installation {
    programs: PathBuf,
}

impl Installation {
    /// The newest one of Debian's packages, or the one on PATH.
    pub fn find() -> Option<Self> {
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        let on_path =
            std::env::split_paths(&on_path).find(|folder| folder.join("initdb").is_file());
        debian().or(on_path).map(|programs| Self { programs })
    }

    /// One whose programs lie in this folder; in the empty one, they are on PATH.
    pub fn at(programs: &Path) -> Self {
        Self {
            programs: programs.to_owned(),
        }
    }

    /// The path of one of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
}

fn debian() -> Option<PathBuf> {
    let versions = fs_err::read_dir("/usr/lib/postgresql").ok()?;
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .collect();
    versions.sort();
    Some(versions.pop()?.1)
}
