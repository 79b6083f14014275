//! Which installed modules the project used the last time, kept in the state directory: so that the first start imports ahead too.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Launch;
use crate::payload::create_private;

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The modules, in the order in which they are imported.
    pub modules: Vec<String>,
    /// Why a process that has imported them is not forked, if so.
    #[serde(default)]
    pub unforkable: Option<String>,
}

impl Remembered {
    /// What is remembered of this project.
    pub(super) async fn of(launch: &Launch) -> Self {
        let runtime_dir = launch.runtime_dir.clone();
        let read = tokio::task::spawn_blocking(move || read(&runtime_dir));
        read.await.unwrap_or_default()
    }

    /// Remembers it, if it can be and is not known already.
    pub(super) async fn keep(self, launch: &Launch) {
        let runtime_dir = launch.runtime_dir.clone();
        let write = tokio::task::spawn_blocking(move || {
            if read(&runtime_dir) == self {
                return Ok(());
            }
            write(&runtime_dir, &self)
        });
        if let Ok(Err(error)) = write.await {
            tracing::debug!(%error, "what the project uses cannot be remembered");
        }
    }
}

/// The file of it.
pub(super) fn file(runtime_dir: &Path) -> PathBuf {
    runtime_dir.join("imports.json")
}

/// What was remembered; nothing, if it cannot be read.
fn read(runtime_dir: &Path) -> Remembered {
    fs_err::read(file(runtime_dir))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

/// Remembers it, in one step: others may read it at any time.
fn write(runtime_dir: &Path, remembered: &Remembered) -> io::Result<()> {
    create_private(runtime_dir)?;
    let mut staging = tempfile::NamedTempFile::new_in(runtime_dir)?;
    serde_json::to_writer(&mut staging, remembered)?;
    staging.persist(file(runtime_dir))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_makes_no_sense_is_nothing() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(read(home.path()), Remembered::default());
        let remembered = Remembered {
            modules: vec!["langgraph.graph".to_owned()],
            unforkable: Some("threads".to_owned()),
        };
        write(home.path(), &remembered).unwrap();
        assert_eq!(read(home.path()), remembered);
        fs_err::write(file(home.path()), "[").unwrap();
        assert_eq!(read(home.path()), Remembered::default());
    }
}
