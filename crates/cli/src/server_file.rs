//! `server.json` in the state folder: where the server of a project is, for the commands of other terminals.
//!
//! The server holds a lock on the file for as long as it lives, so that one that a crash left behind is known for what it is, whoever has the
//! process's number or the port by now. The lock of the folder itself is not asked: to try it would hold up a server that is about to start.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use lgx_config::special_kind;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::project;

/// The file, below the state folder.
const NAME: &str = "server.json";
/// No such file is longer.
const MOST: u64 = 64 * 1024;

/// A server, as others find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundServer {
    /// Where clients on this machine reach its Agent Server API, without a slash at the end.
    pub(crate) url: String,
    /// Its process.
    pub(crate) pid: u32,
    /// The version of lgx that serves.
    pub(crate) version: String,
    /// The fingerprint of its certificate (SHA-256), if it speaks HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<String>,
}

/// The file of this process's server; it is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct ServerFile {
    path: PathBuf,
    _lock: File,
}

impl ServerFile {
    /// Writes it, in place of what an earlier server left. Only who holds the state folder may.
    pub(crate) fn write(
        state_dir: &Path,
        url: &str,
        certificate: Option<&str>,
    ) -> io::Result<Self> {
        let path = state_dir.join(NAME);
        let server = FoundServer {
            url: url.to_owned(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            certificate: certificate.map(str::to_owned),
        };
        // Readable by the user alone; a reader sees the whole of it, locked, or no file.
        let mut file = NamedTempFile::with_prefix_in(".server-", state_dir)?;
        file.as_file().try_lock()?;
        serde_json::to_writer(&mut file, &server)?;
        file.write_all(b"\n")?;
        let lock = file.persist(&path)?;
        Ok(Self { path, _lock: lock })
    }
}

impl Drop for ServerFile {
    fn drop(&mut self) {
        // Somebody may have cleared the folder.
        let _ = fs::remove_file(&self.path);
    }
}

/// Where a project keeps its state: where it was told to, else beside its configuration.
pub(crate) fn state_dir_of(config: &Path, named: Option<&Path>) -> PathBuf {
    named.map_or_else(
        || project::directory_of(config).join(".lgx"),
        Path::to_owned,
    )
}

/// The server that holds this state folder; none where none lives, or where it is just being started or ended.
pub(crate) fn find(state_dir: &Path) -> io::Result<Option<FoundServer>> {
    let path = state_dir.join(NAME);
    match fs::symlink_metadata(&path) {
        Ok(metadata) if special_kind(metadata.file_type()).is_some() || metadata.len() > MOST => {
            return Ok(None);
        }
        Ok(_) => {}
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    }
    let file = match fs::File::open(&path) {
        Ok(file) => file,
        // Between the two looks its server has ended.
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.file().try_lock_shared() {
        Ok(()) => return Ok(None),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // What another version of lgx wrote otherwise is no server that this one can use.
    Ok(serde_json::from_reader(file).ok())
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_server_is_found_while_it_lives_and_its_file_is_private() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(find(home.path()).unwrap(), None);
        assert_eq!(find(&home.path().join("nowhere")).unwrap(), None);

        let file = ServerFile::write(home.path(), "http://127.0.0.1:2024", None).unwrap();
        let found = find(home.path()).unwrap().unwrap();
        assert_eq!(found.url, "http://127.0.0.1:2024");
        assert_eq!(found.pid, std::process::id());
        let metadata = fs::metadata(home.path().join(NAME)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);

        drop(file);
        assert_eq!(find(home.path()).unwrap(), None);
        assert_eq!(
            fs::read_dir(home.path()).unwrap().count(),
            0,
            "nothing is left"
        );
    }

    #[test]
    fn what_a_crash_left_is_no_server_and_the_next_one_takes_its_place() {
        let home = tempfile::tempdir().unwrap();
        let left = format!(
            r#"{{"url":"http://127.0.0.1:1","pid":{},"version":"0"}}"#,
            std::process::id()
        );
        fs::write(home.path().join(NAME), left).unwrap();
        assert_eq!(find(home.path()).unwrap(), None);

        let _file = ServerFile::write(home.path(), "http://127.0.0.1:2", None).unwrap();
        let found = find(home.path()).unwrap().unwrap();
        assert_eq!(found.url, "http://127.0.0.1:2");
    }

    #[test]
    fn what_is_no_plain_file_is_no_server() {
        let home = tempfile::tempdir().unwrap();
        fs_err::os::unix::fs::symlink("/dev/zero", home.path().join(NAME)).unwrap();
        assert_eq!(find(home.path()).unwrap(), None);
    }

    #[test]
    fn state_is_beside_the_configuration_unless_it_was_named() {
        let config = Path::new("/p/langgraph.json");
        assert_eq!(state_dir_of(config, None), Path::new("/p/.lgx"));
        assert_eq!(state_dir_of(config, Some(Path::new("/s"))), Path::new("/s"));
    }
}
