//! The worker's own sources, which travel in this binary and are written where an interpreter can read them.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Path and text of each Python file, made by the build script: the package, and the `__main__` that the interpreter is told to run.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    SOURCES.iter().copied()
}

/// Writes the sources below `runtime_dir` unless they are there, and returns their directory. Others may do the same at once.
pub(crate) fn install(runtime_dir: &Path) -> io::Result<PathBuf> {
    let target = runtime_dir.join(content_name());
    if is_complete(&target) {
        return Ok(target);
    }
    create_private(runtime_dir)?;
    let staging = runtime_dir.join(format!(".{}-{}", content_name(), uuid::Uuid::new_v4()));
    let installed = stage(&staging).and_then(|()| replace(&staging, &target));
    if installed.is_err() {
        // What could not be put in place is of no use; the error that says why comes first.
        let _ = fs_err::remove_dir_all(&staging);
    }
    installed.map(|()| target)
}

fn content_name() -> String {
    let mut digest = Sha256::new();
    for (path, text) in files() {
        for part in [path, text] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
    }
    digest
        .finalize()
        .iter()
        .take(8)
        .fold(String::new(), |name, byte| format!("{name}{byte:02x}"))
}

/// Whether nothing is missing: cleaners of temporary directories take single files.
fn is_complete(directory: &Path) -> bool {
    files().all(|(path, text)| {
        fs_err::metadata(directory.join(path))
            .is_ok_and(|file| usize::try_from(file.len()) == Ok(text.len()))
    })
}

fn stage(staging: &Path) -> io::Result<()> {
    for (path, text) in files() {
        let file = staging.join(path);
        create_private(file.parent().unwrap_or(staging))?;
        let mut options = fs_err::OpenOptions::new();
        fs_err::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
        io::Write::write_all(&mut options.open(file)?, text.as_bytes())?;
    }
    Ok(())
}

fn replace(staging: &Path, target: &Path) -> io::Result<()> {
    if fs_err::rename(staging, target).is_ok() {
        return Ok(());
    }
    // Someone else was faster, or what is there is damaged.
    if !is_complete(target) {
        fs_err::remove_dir_all(target)?;
        return fs_err::rename(staging, target);
    }
    fs_err::remove_dir_all(staging)
}

fn create_private(directory: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", directory.display())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs_err::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_package_and_its_entry_are_embedded_and_nothing_else() {
        let has = |wanted: &str| SOURCES.iter().any(|(path, _)| *path == wanted);
        assert!(has("__main__.py") && has("lgx_worker/__init__.py"));
        let of_package =
            |path: &str| path.starts_with("lgx_worker/") && path.rsplit('.').next() == Some("py");
        assert!(
            SOURCES
                .iter()
                .all(|(path, _)| *path == "__main__.py" || of_package(path))
        );
    }

    #[test]
    fn sources_are_private_and_written_once() {
        let home = tempfile::tempdir().unwrap();
        let runtime_dir = home.path().join("a/b");
        let directory = install(&runtime_dir).unwrap();
        assert_eq!(
            (
                mode(&runtime_dir),
                mode(&directory),
                mode(&directory.join("__main__.py"))
            ),
            (0o700, 0o700, 0o600)
        );
        let written = fs_err::metadata(&directory).unwrap().modified().unwrap();
        assert_eq!(install(&runtime_dir).unwrap(), directory);
        assert_eq!(
            fs_err::metadata(&directory).unwrap().modified().unwrap(),
            written
        );
        assert_eq!(fs_err::read_dir(&runtime_dir).unwrap().count(), 1);
    }

    #[test]
    fn damaged_sources_are_replaced() {
        let home = tempfile::tempdir().unwrap();
        let directory = install(home.path()).unwrap();
        fs_err::remove_file(directory.join("__main__.py")).unwrap();
        assert_eq!(install(home.path()).unwrap(), directory);
        assert!(is_complete(&directory));
        assert_eq!(fs_err::read_dir(home.path()).unwrap().count(), 1);
    }
}
