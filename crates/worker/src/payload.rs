//! The worker's own sources, which travel in this binary and are written where an interpreter can read them.

mod shared;

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Launch;
use crate::runtime::Sources;

/// Puts the sources where all projects of the user share them and the bytecode that the interpreter makes of them, else where this
/// project has its own. Gives their directory.
pub(crate) fn place(sources: Sources, launch: &Launch) -> io::Result<PathBuf> {
    if let Some(shared_dir) = &launch.shared_dir {
        match shared::install(sources, shared_dir) {
            Ok(directory) => return Ok(directory),
            Err(error) => tracing::debug!(%error, "the worker's sources are not shared"),
        }
    }
    install(sources, &launch.runtime_dir)
}

/// Writes the sources below `runtime_dir` unless they are there, and returns their directory. Others may do the same at once.
/// Fails if another user could change there what the interpreter is to run.
fn install(sources: Sources, runtime_dir: &Path) -> io::Result<PathBuf> {
    let target = runtime_dir.join(content_name(sources));
    create_private(runtime_dir)?;
    claim(runtime_dir, &target)?;
    if is_complete(sources, &target) {
        return Ok(target);
    }
    let staging = runtime_dir.join(format!(
        ".{}-{}",
        content_name(sources),
        uuid::Uuid::new_v4()
    ));
    let installed = stage(sources, &staging).and_then(|()| replace(sources, &staging, &target));
    if installed.is_err() {
        // What could not be put in place is of no use; the error that says why comes first.
        let _ = fs_err::remove_dir_all(&staging);
    }
    installed.map(|()| target)
}

fn content_name(sources: Sources) -> String {
    let mut digest = Sha256::new();
    for (path, length) in sources.files() {
        digest.update(path.len().to_le_bytes());
        digest.update(path);
        digest.update(length.to_le_bytes());
    }
    digest.update(sources.packed());
    digest
        .finalize()
        .iter()
        .take(8)
        .fold(String::new(), |name, byte| format!("{name}{byte:02x}"))
}

/// Makes sure that no other user can change what is in the directory. What is there of one that others could write to is not
/// believed: it is removed, and written anew.
fn claim(runtime_dir: &Path, target: &Path) -> io::Result<()> {
    if !is_own(runtime_dir) {
        return Err(io::Error::other(format!(
            "{} is a link or belongs to another user, who could change the code in it; remove it, or choose another directory with --state-dir",
            runtime_dir.display()
        )));
    }
    let open = |mode: u32| mode & 0o022 != 0;
    if !open(fs_err::metadata(runtime_dir)?.mode()) {
        return Ok(());
    }
    // Some file systems know no modes: there everything stays open, and believed.
    let changed = fs_err::set_permissions(runtime_dir, PermissionsExt::from_mode(0o700));
    if changed.is_err() || open(fs_err::metadata(runtime_dir)?.mode()) {
        return Ok(());
    }
    remove(target)
}

/// Whether nothing is missing, as cleaners of temporary directories take single files, and nobody else has put it there.
fn is_complete(sources: Sources, directory: &Path) -> bool {
    is_own(directory)
        && sources.files().iter().all(|(path, length)| {
            let path = directory.join(path);
            path.parent().is_some_and(is_own)
                && is_own(&path)
                && fs_err::metadata(&path)
                    .is_ok_and(|file| usize::try_from(file.len()) == Ok(*length))
        })
}

/// Whether it is this user's. Symbolic links are never made here.
fn is_own(path: &Path) -> bool {
    let user = rustix::process::geteuid().as_raw();
    fs_err::symlink_metadata(path).is_ok_and(|it| !it.is_symlink() && it.uid() == user)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs_err::symlink_metadata(path) {
        Ok(directory) if directory.is_dir() => fs_err::remove_dir_all(path),
        Ok(_) => fs_err::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn stage(sources: Sources, staging: &Path) -> io::Result<()> {
    for (path, text) in sources.unpack()? {
        let file = staging.join(path);
        let folder = file.parent().unwrap_or(staging);
        create_private(folder)?;
        // An interpreter that has to make it asks the umask who may write there.
        create_private(&folder.join("__pycache__"))?;
        let mut options = fs_err::OpenOptions::new();
        fs_err::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
        io::Write::write_all(&mut options.open(file)?, &text)?;
    }
    Ok(())
}

fn replace(sources: Sources, staging: &Path, target: &Path) -> io::Result<()> {
    if fs_err::rename(staging, target).is_ok() {
        return Ok(());
    }
    // Someone else was faster, or what is there is damaged.
    if !is_complete(sources, target) {
        remove(target)?;
        return fs_err::rename(staging, target);
    }
    fs_err::remove_dir_all(staging)
}

/// Makes a directory, and those above it that are missing, for this user alone.
pub(crate) fn create_private(directory: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", directory.display())))
}

#[cfg(test)]
mod tests {
    use lgx_model::Runtime;

    use super::*;
    use crate::runtime::sources;

    const SOURCES: Sources = sources(Runtime::Python);

    fn mode(path: &Path) -> u32 {
        fs_err::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_package_and_its_entry_are_embedded_and_nothing_else() {
        let has = |wanted: &str| SOURCES.files().iter().any(|(path, _)| *path == wanted);
        assert!(has("__main__.py") && has("lgx_worker/__init__.py"));
        let of_package =
            |path: &str| path.starts_with("lgx_worker/") && path.rsplit('.').next() == Some("py");
        assert!(
            SOURCES
                .files()
                .iter()
                .all(|(path, _)| *path == "__main__.py" || of_package(path))
        );
    }

    #[test]
    fn sources_are_private_and_written_once() {
        let home = tempfile::tempdir().unwrap();
        let runtime_dir = home.path().join("a/b");
        let directory = install(SOURCES, &runtime_dir).unwrap();
        assert_eq!(
            (
                mode(&runtime_dir),
                mode(&directory),
                mode(&directory.join("__main__.py"))
            ),
            (0o700, 0o700, 0o600)
        );
        assert_eq!(mode(&directory.join("lgx_worker/__pycache__")), 0o700);
        let written = fs_err::metadata(&directory).unwrap().modified().unwrap();
        assert_eq!(install(SOURCES, &runtime_dir).unwrap(), directory);
        assert_eq!(
            fs_err::metadata(&directory).unwrap().modified().unwrap(),
            written
        );
        assert_eq!(fs_err::read_dir(&runtime_dir).unwrap().count(), 1);
    }

    #[test]
    fn sources_that_others_could_have_changed_are_replaced() {
        let home = tempfile::tempdir().unwrap();
        let runtime_dir = home.path().join("runtime");
        let planted = install(SOURCES, &runtime_dir).unwrap().join("json.py");
        fs_err::write(&planted, "").unwrap();
        fs_err::set_permissions(&runtime_dir, PermissionsExt::from_mode(0o777)).unwrap();
        let directory = install(SOURCES, &runtime_dir).unwrap();
        assert!(!planted.exists() && is_complete(SOURCES, &directory));
        assert_eq!(mode(&runtime_dir), 0o700);
    }

    #[test]
    fn sources_behind_a_link_are_not_run() {
        let home = tempfile::tempdir().unwrap();
        let runtime_dir = home.path().join("runtime");
        let directory = install(SOURCES, &runtime_dir).unwrap();
        let elsewhere = home.path().join("elsewhere");
        fs_err::rename(&directory, &elsewhere).unwrap();
        fs_err::os::unix::fs::symlink(&elsewhere, &directory).unwrap();
        install(SOURCES, &runtime_dir).unwrap();
        assert!(!directory.is_symlink() && elsewhere.exists());

        let link = home.path().join("link");
        fs_err::os::unix::fs::symlink(&runtime_dir, &link).unwrap();
        let said = install(SOURCES, &link).unwrap_err().to_string();
        assert!(said.contains(&link.display().to_string()), "{said}");
    }

    #[test]
    fn a_directory_of_another_user_is_refused_and_sources_of_one_are_replaced() {
        let home = tempfile::tempdir().unwrap();
        let runtime_dir = home.path().join("runtime");
        let directory = install(SOURCES, &runtime_dir).unwrap();
        let entry = directory.join("__main__.py");
        // Only root may give files away.
        if std::os::unix::fs::chown(&entry, Some(4242), None).is_err() {
            return;
        }
        install(SOURCES, &runtime_dir).unwrap();
        assert!(is_own(&entry));
        std::os::unix::fs::chown(&runtime_dir, Some(4242), None).unwrap();
        assert!(install(SOURCES, &runtime_dir).is_err());
    }

    #[test]
    fn damaged_sources_are_replaced() {
        let home = tempfile::tempdir().unwrap();
        let directory = install(SOURCES, home.path()).unwrap();
        fs_err::remove_file(directory.join("__main__.py")).unwrap();
        assert_eq!(install(SOURCES, home.path()).unwrap(), directory);
        assert!(is_complete(SOURCES, &directory));
        assert_eq!(fs_err::read_dir(home.path()).unwrap().count(), 1);
    }
}
