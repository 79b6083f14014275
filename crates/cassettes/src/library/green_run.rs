//! The last run that went well, remembered beside the recordings in a folder that git ignores.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::LibraryError;

/// The folder, in that of the library. It ignores itself, so that nobody has to.
pub(super) const FOLDER: &str = ".lgx";
const FILE: &str = "green-run.json";

/// What a run used that went well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GreenRun {
    /// When it ended, as RFC 3339.
    pub ended: String,
    /// The recordings that it played or wrote.
    pub used: Vec<String>,
}

impl GreenRun {
    pub(super) fn now(used: Vec<String>) -> Self {
        let now = jiff::Timestamp::now();
        let ended = now.round(jiff::Unit::Second).unwrap_or(now).to_string();
        Self { ended, used }
    }

    /// The last one of a library's folder, if there was one.
    pub fn last(library: &Path) -> Result<Option<Self>, LibraryError> {
        let path = library.join(FOLDER).join(FILE);
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let run = serde_json::from_str(&text).map_err(|error| LibraryError::NotARecording {
            path,
            place: format!(":{}", error.line()),
            reason: format!("it does not say what a run used: {error}"),
        })?;
        Ok(Some(run))
    }

    pub(super) fn write(&self, library: &Path) -> Result<(), LibraryError> {
        let folder = library.join(FOLDER);
        fs_err::create_dir_all(&folder)?;
        fs_err::write(folder.join(".gitignore"), "*\n")?;
        let text = serde_json::to_string_pretty(self).map_err(io::Error::from)?;
        fs_err::write(folder.join(FILE), text + "\n")?;
        Ok(())
    }
}
