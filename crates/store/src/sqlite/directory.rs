//! The state directory: private to the user, ignored by git, and held by one process at a time.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;

use crate::sqlite::ownership;
use crate::{Result, StoreError};

/// The database, and the files that `SQLite` keeps beside it.
pub(crate) const DATABASE: [&str; 4] = [
    "state.db",
    "state.db-wal",
    "state.db-shm",
    "state.db-journal",
];

/// The file whose lock holds the directory.
pub(crate) const LOCK: &str = "state.lock";

/// A state directory that this process holds. Dropping it, or the end of the process however it comes, lets go of it.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Creates the directory if it is not there, and takes it.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        let unusable = |source| StoreError::Unusable {
            dir: path.to_owned(),
            source,
        };
        create(path).map_err(unusable)?;
        ownership::claim_directory(path)?;
        ignore(path).map_err(unusable)?;
        let name = path.join(LOCK);
        ownership::check_file(&name)?;
        let mut lock = private()
            .read(true)
            .write(true)
            .create(true)
            .custom_flags(NO_FOLLOW)
            .open(&name)
            .map_err(unusable)?
            .into_parts()
            .0;
        ownership::check_metadata(&name, &lock.metadata()?)?;
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
        for name in DATABASE {
            let file = path.join(name);
            ownership::check_file(&file)?;
            ownership::close_file(&file)?;
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

/// A symbolic link in place of the file is an error.
#[expect(
    clippy::cast_possible_wrap,
    reason = "the flags are bits, and std takes them with a sign"
)]
const NO_FOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;

/// Makes a directory that is private, and ignored by git, if it is not there.
pub(super) fn make(path: &Path) -> io::Result<()> {
    create(path)?;
    ignore(path)
}

fn create(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created,
    }
}

/// Hides an empty directory from git. One that holds something else already is left as it is.
fn ignore(path: &Path) -> io::Result<()> {
    if fs::read_dir(path)?.next().is_none() {
        let mut file = private();
        let file = file.write(true).create_new(true);
        file.open(path.join(".gitignore"))?.write_all(b"*\n")?;
    }
    Ok(())
}

/// Options that make files only the user can read.
pub(crate) fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.mode(0o600);
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
    fn a_symbolic_link_in_place_of_a_file_is_refused_and_its_target_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("letter");
        for name in ["state.lock"].into_iter().chain(DATABASE) {
            let path = home.path().join(format!("of-{name}"));
            fs::create_dir(&path).unwrap();
            fs::write(&target, "dear").unwrap();
            fs_err::os::unix::fs::symlink(&target, path.join(name)).unwrap();
            let said = Directory::take(&path).unwrap_err().to_string();
            assert!(said.contains(name) && said.contains("symbolic"), "{said}");
            assert_eq!(fs::read_to_string(&target).unwrap(), "dear");
        }
    }

    #[test]
    fn a_lock_that_is_a_file_under_another_name_is_refused_and_kept() {
        let home = tempfile::tempdir().unwrap();
        let letter = home.path().join("letter");
        fs::write(&letter, "dear").unwrap();
        let path = home.path().join("state");
        fs::create_dir(&path).unwrap();
        fs::hard_link(&letter, path.join("state.lock")).unwrap();
        Directory::take(&path).unwrap_err();
        assert_eq!(fs::read_to_string(&letter).unwrap(), "dear");
    }

    #[test]
    fn a_directory_open_to_others_is_private_once_it_is_taken() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).unwrap();
        Directory::take(dir.path()).unwrap();
        let mode = fs::metadata(dir.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_database_that_others_could_read_is_private_once_it_is_taken() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        for name in DATABASE {
            fs::write(dir.path().join(name), "").unwrap();
            fs::set_permissions(dir.path().join(name), PermissionsExt::from_mode(0o644)).unwrap();
        }
        Directory::take(dir.path()).unwrap();
        for name in DATABASE {
            let mode = fs::metadata(dir.path().join(name)).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
        }
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
