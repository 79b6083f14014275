//! The file that tells scripts where the server is, for as long as it is ready.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use lgx_config::special_kind;
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
        remove_stale(path)?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Writes the URL. A reader sees the whole of it or no file.
    pub(crate) fn write(&self, url: &str) -> io::Result<()> {
        let mut file = NamedTempFile::with_prefix_in(".lgx-ready-", directory_of(&self.path))?;
        writeln!(file, "{url}")?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// Removes what an earlier server left. Only a plain file is: `/dev/stdout`, say, is nothing to remove.
pub(crate) fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if let Some(kind) = special_kind(metadata.file_type()) {
        return Err(io::Error::other(format!(
            "`{}` is {kind}, not a plain file",
            path.display()
        )));
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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
    fn what_is_no_plain_file_is_an_error_and_stays() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        let socket = home.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();

        for (path, kind) in [
            (home.path(), "a directory"),
            (&*link, "a symbolic link"),
            (&*socket, "a socket"),
        ] {
            let error = ReadyFile::claim(path).unwrap_err();
            assert!(error.to_string().contains(kind), "{error}");
            assert!(path.symlink_metadata().is_ok(), "{kind} is still there");
        }
    }
}
