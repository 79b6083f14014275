//! The state directory: private to the user, ignored by git, and held by one process at a time.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::StoreError;

/// A state directory that this process holds. Dropping it, or the end of the process however it comes, lets go of it.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Creates the directory if it is not there, and takes it.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let lock = prepare(path).and_then(|()| {
            private()
                .read(true)
                .write(true)
                .create(true)
                .open(path.join("state.lock"))
        });
        let mut lock = lock
            .map_err(|source| StoreError::Unusable {
                dir: path.to_owned(),
                source,
            })?
            .into_parts()
            .0;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // The other process may be about to write it; the lock is what counts.
                let pid = lock
                    .read_to_string(&mut pid)
                    .ok()
                    .and_then(|_| pid.trim().parse().ok());
                return Err(StoreError::Locked {
                    dir: path.to_owned(),
                    pid,
                });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("state.db")
    }
}

/// Creates the directory with its `.gitignore`. A directory that holds something else already is left as it is.
fn prepare(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => created?,
    }
    if fs::read_dir(path)?.next().is_none() {
        fs::write(path.join(".gitignore"), "*\n")?;
    }
    Ok(())
}

/// Options that make files only the user can read.
pub(crate) fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_directory_is_private_and_ignored_by_git() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/.lgx");
        let held = Directory::take(&path).unwrap();
        assert_eq!(fs::read_to_string(path.join(".gitignore")).unwrap(), "*\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o700
            );
            assert_eq!(
                fs::metadata(path.join("state.lock"))
                    .unwrap()
                    .permissions()
                    .mode()
                    & 0o777,
                0o600
            );
        }
        assert_eq!(held.database(), path.join("state.db"));
    }

    #[test]
    fn a_directory_with_other_things_in_it_is_not_hidden_from_git() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("graph.py"), "").unwrap();
        Directory::take(dir.path()).unwrap();
        assert!(!dir.path().join(".gitignore").exists());
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let path = dir.path().join("file/state");
        let error = Directory::take(&path).unwrap_err();
        assert!(error.to_string().contains("file/state"), "{error}");
    }

    #[test]
    fn a_second_holder_is_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let held = Directory::take(dir.path()).unwrap();
        match Directory::take(dir.path()) {
            Err(StoreError::Locked { dir: named, pid }) => {
                assert_eq!(named, dir.path());
                assert_eq!(pid, Some(std::process::id()));
            }
            other => panic!("{other:?}"),
        }
        drop(held);
        Directory::take(dir.path()).unwrap();
    }
}
