//! The file that tells scripts where the server is, for as long as it is ready.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use tempfile::NamedTempFile;

/// The file; it is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct ReadyFile {
    path: PathBuf,
}

impl ReadyFile {
    /// Takes over the path: what an earlier server left there is not true any more.
    pub(crate) fn claim(path: &Path) -> io::Result<Self> {
        let directory = directory_of(path);
        if !directory.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("there is no directory `{}`", directory.display()),
            ));
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self {
                path: path.to_owned(),
            }),
        }
    }

    /// Writes the URL. A reader sees the whole of it or no file.
    pub(crate) fn write(&self, url: &str) -> io::Result<()> {
        let mut file = NamedTempFile::with_prefix_in(".lgx-ready-", directory_of(&self.path))?;
        writeln!(file, "{url}")?;
        file.persist(&self.path)?;
        Ok(())
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_there_from_ready_to_the_end_and_never_stale() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("ready");
        fs::write(&path, "http://127.0.0.1:1").unwrap();

        let file = ReadyFile::claim(&path).unwrap();
        assert!(!path.exists());
        file.write("http://127.0.0.1:2024").unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "http://127.0.0.1:2024\n"
        );

        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_directory_that_is_not_there_is_told_before_the_server_starts() {
        let home = tempfile::tempdir().unwrap();

        let error = ReadyFile::claim(&home.path().join("nowhere/ready")).unwrap_err();

        assert!(error.to_string().contains("nowhere`"), "{error}");
    }

    #[test]
    fn a_directory_in_its_place_is_an_error() {
        let home = tempfile::tempdir().unwrap();

        assert!(ReadyFile::claim(home.path()).is_err());
    }
}
