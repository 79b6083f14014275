//! Whether the database can be used: is the file still the one that was opened, and what the writer met last.
//!
//! An open file that is deleted goes on taking writes, and loses them when it is closed. `SQLite` does not look; so the writer
//! looks after each commit, before anybody is told that it is done, and readers look before they read.

use std::path::{Path, PathBuf};

use fs_err as fs;
use tokio::sync::watch;

use crate::{Result, Unavailable};

/// The health of one open database.
#[derive(Debug)]
pub(crate) struct Health {
    path: PathBuf,
    identity: Identity,
    trouble: watch::Sender<Option<Unavailable>>,
}

/// The device and the number of a file on it; the same for all files where they have no such thing.
type Identity = (u64, u64);

impl Health {
    /// That of the database that was just opened at `path`.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: identity(&fs::metadata(path)?),
            trouble: watch::Sender::new(None),
        })
    }

    /// What keeps the database from being used, as it changes.
    pub(crate) fn watch(&self) -> watch::Receiver<Option<Unavailable>> {
        self.trouble.subscribe()
    }

    /// Notes what the last use met.
    pub(crate) fn report(&self, trouble: Option<&Unavailable>) {
        self.trouble.send_if_modified(|present| {
            let changed = present.as_ref() != trouble;
            if changed {
                *present = trouble.cloned();
            }
            changed
        });
    }

    /// Fails if the file is not in its place any more.
    pub(crate) fn check_file(&self) -> Result<()> {
        let there = match fs::metadata(&self.path) {
            Ok(found) => identity(&found) == self.identity,
            Err(error) => !matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ),
        };
        if there {
            return Ok(());
        }
        let gone = Unavailable::Gone(self.path.clone());
        self.report(Some(&gone));
        Err(gone.into())
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Identity {
    (0, 0)
}
