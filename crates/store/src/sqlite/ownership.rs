//! Whose the state directory and its files are: what another user has put there, or could change, is not used.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::{fs::Metadata, io};

use fs_err as fs;

use crate::{Result, StoreError};

/// Others than the owner may write.
const OPEN: u32 = 0o022;

/// Others than the owner may do anything.
const READABLE: u32 = 0o077;

/// Only the owner may remove what is in the directory: it is shared on purpose, as `/tmp` is.
const STICKY: u32 = 0o1000;

/// What to do with a directory that is there already.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// It is this user's, but others may write to it.
    Open,
    Refused(String),
}

/// Makes sure that nobody else may write to the directory. One of this user's that others may write to is made private.
pub(crate) fn claim_directory(path: &Path) -> Result<()> {
    let unusable = |source: io::Error| StoreError::Unusable {
        dir: path.to_owned(),
        source,
    };
    // Whoever may change a symbolic link chooses the directory.
    let link = fs::symlink_metadata(path).map_err(unusable)?;
    let directory = fs::metadata(path).map_err(unusable)?;
    let user = rustix::process::geteuid().as_raw();
    let owner = [&link, &directory]
        .map(MetadataExt::uid)
        .into_iter()
        .find(|&owner| owner != user);
    match judge_directory(owner.unwrap_or(user), directory.mode(), user) {
        Verdict::Fine => Ok(()),
        Verdict::Open => {
            // Some file systems know no modes, and say so or not.
            let _ = fs::set_permissions(path, PermissionsExt::from_mode(0o700));
            let after = fs::metadata(path).map_err(unusable)?.mode();
            let (path, before) = (path.display(), directory.mode() & 0o7777);
            if after & OPEN == 0 {
                tracing::warn!(
                    "others could write to the state directory {path} (mode {before:o}); it is private now (mode 700)"
                );
            } else {
                tracing::warn!(
                    "others can write to the state directory {path} (mode {before:o}), and its mode cannot be changed; --state-dir chooses another one"
                );
            }
            Ok(())
        }
        Verdict::Refused(why) => Err(refusal(path, why)),
    }
}

fn judge_directory(owner: u32, mode: u32, user: u32) -> Verdict {
    if owner != user {
        Verdict::Refused(of_another(owner))
    } else if mode & OPEN == 0 {
        Verdict::Fine
    } else if mode & STICKY != 0 {
        Verdict::Refused("it is a directory that users share".to_owned())
    } else {
        Verdict::Open
    }
}

/// Refuses what is at `path`, if anything is, unless it is a plain file of this user with no other name.
pub(crate) fn check_file(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => check_metadata(path, &metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes a file that was checked unreadable to others, if it is there. `SQLite` gives the files beside a database the database's own mode.
pub(crate) fn close_file(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.mode() & READABLE != 0 => {
            // Some file systems know no modes, and say so or not.
            let _ = fs::set_permissions(path, PermissionsExt::from_mode(0o600));
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a file as [`check_file`] does, from what is known of it.
pub(crate) fn check_metadata(path: &Path, file: &Metadata) -> Result<()> {
    let why = if file.is_symlink() {
        "it is a symbolic link".to_owned()
    } else if !file.is_file() {
        "it is not a plain file".to_owned()
    } else if file.uid() != rustix::process::geteuid().as_raw() {
        of_another(file.uid())
    } else if file.nlink() > 1 {
        "the file has another name too (a hard link)".to_owned()
    } else {
        return Ok(());
    };
    Err(refusal(path, why))
}

fn of_another(owner: u32) -> String {
    format!("it belongs to another user (id {owner})")
}

fn refusal(path: &Path, why: String) -> StoreError {
    StoreError::NotPrivate {
        path: path.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_used_only_if_nobody_else_may_write_to_it() {
        for (owner, mode, expected) in [
            (7, 0o40700, Verdict::Fine),
            (7, 0o40755, Verdict::Fine),
            (7, 0o40777, Verdict::Open),
            (7, 0o42770, Verdict::Open),
            (7, 0o40702, Verdict::Open),
        ] {
            assert_eq!(judge_directory(owner, mode, 7), expected, "{mode:o}");
        }
        for (owner, mode) in [(7, 0o41777), (0, 0o40755), (8, 0o40777)] {
            let judged = judge_directory(owner, mode, 7);
            assert!(matches!(judged, Verdict::Refused(_)), "{owner} {mode:o}");
        }
    }

    #[test]
    fn a_directory_that_others_may_write_to_is_made_private() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).unwrap();
        claim_directory(dir.path()).unwrap();
        let mode = fs::metadata(dir.path()).unwrap().mode();
        assert_eq!(mode & 0o7777, 0o700);
    }

    #[test]
    fn what_is_no_plain_file_of_this_user_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let plain = dir.path().join("plain");
        check_file(&plain).unwrap();
        fs::write(&plain, "").unwrap();
        check_file(&plain).unwrap();

        let link = dir.path().join("link");
        fs_err::os::unix::fs::symlink("nowhere", &link).unwrap();
        let twice = dir.path().join("twice");
        fs::write(&twice, "").unwrap();
        fs::hard_link(&twice, dir.path().join("again")).unwrap();
        let directory = dir.path().join("directory");
        fs::create_dir(&directory).unwrap();
        for (path, why) in [
            (&link, "symbolic link"),
            (&twice, "hard link"),
            (&directory, "not a plain file"),
        ] {
            let said = check_file(path).unwrap_err().to_string();
            for part in [why, &path.display().to_string(), "--state-dir"] {
                assert!(said.contains(part), "{said}");
            }
        }
    }

    #[test]
    fn what_belongs_to_another_user_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        let directory = dir.path().join("directory");
        fs::write(&file, "").unwrap();
        fs::create_dir(&directory).unwrap();
        for path in [&file, &directory] {
            // Only root may give files away; the decision about directories is tested above for everybody.
            if std::os::unix::fs::lchown(path, Some(4242), None).is_err() {
                return;
            }
        }
        for refused in [check_file(&file), claim_directory(&directory)] {
            let said = refused.unwrap_err().to_string();
            assert!(said.contains("another user (id 4242)"), "{said}");
        }
        let link = dir.path().join("link");
        let target = dir.path().join("target");
        fs::create_dir(&target).unwrap();
        fs_err::os::unix::fs::symlink(&target, &link).unwrap();
        claim_directory(&link).unwrap();
        std::os::unix::fs::lchown(&link, Some(4242), None).unwrap();
        assert!(claim_directory(&link).is_err());
    }
}
