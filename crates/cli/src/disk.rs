//! What lgx asks of the disk before it decides, so that tests can make a disk up.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use lgx_config::read_plain_file;

/// The questions; each has an answer also for what is not there.
pub(crate) trait Probe {
    /// Whether there is a file that can be run.
    fn is_executable(&self, path: &Path) -> bool;
    /// Whether anything is there, whatever it is.
    fn exists(&self, path: &Path) -> bool;
    /// Whether there is a directory.
    fn is_directory(&self, path: &Path) -> bool;
    /// Whether what is there belongs to the user who runs this.
    fn is_own(&self, path: &Path) -> bool;
    /// The path without symbolic links in it.
    fn real(&self, path: &Path) -> PathBuf;
    /// The text of a plain file of a sensible size, if it is there.
    fn read(&self, path: &Path) -> Option<String>;
    /// The names in a directory; none if it is not there.
    fn names(&self, directory: &Path) -> Vec<String>;
}

/// The real disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk;

impl Probe for Disk {
    fn is_executable(&self, path: &Path) -> bool {
        fs_err::metadata(path)
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn is_own(&self, path: &Path) -> bool {
        fs_err::metadata(path)
            .is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
    }

    fn real(&self, path: &Path) -> PathBuf {
        fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }

    fn read(&self, path: &Path) -> Option<String> {
        String::from_utf8(read_plain_file(path).ok()?).ok()
    }

    fn names(&self, directory: &Path) -> Vec<String> {
        let Ok(entries) = fs_err::read_dir(directory) else {
            return Vec::new();
        };
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A disk that exists only in a test: paths, and what they hold.
    #[derive(Debug, Default)]
    pub(crate) struct MadeUp(BTreeMap<PathBuf, Option<String>>);

    impl MadeUp {
        pub(crate) fn with_executables(paths: &[&str]) -> Self {
            Self(
                paths
                    .iter()
                    .map(|path| (PathBuf::from(path), None))
                    .collect(),
            )
        }

        pub(crate) fn and_file(mut self, path: &str, text: &str) -> Self {
            self.0.insert(path.into(), Some(text.to_owned()));
            self
        }
    }

    impl Probe for MadeUp {
        fn is_executable(&self, path: &Path) -> bool {
            self.0.get(path).is_some_and(Option::is_none)
        }

        fn exists(&self, path: &Path) -> bool {
            self.0.contains_key(path) || self.is_directory(path)
        }

        fn is_directory(&self, path: &Path) -> bool {
            self.0
                .keys()
                .any(|file| file != path && file.starts_with(path))
        }

        fn is_own(&self, path: &Path) -> bool {
            !path.starts_with("/foreign")
        }

        fn real(&self, path: &Path) -> PathBuf {
            path.to_owned()
        }

        fn read(&self, path: &Path) -> Option<String> {
            self.0.get(path).cloned().flatten()
        }

        fn names(&self, directory: &Path) -> Vec<String> {
            self.0
                .keys()
                .filter_map(|path| {
                    path.strip_prefix(directory)
                        .ok()?
                        .iter()
                        .next()?
                        .to_str()
                        .map(str::to_owned)
                })
                .collect()
        }
    }

    #[test]
    fn a_directory_is_not_executable() {
        assert!(!Disk.is_executable(Path::new("/")));
        assert!(Disk.is_executable(Path::new("/bin/sh")));
    }
}
