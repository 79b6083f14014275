//! What the package of a file says of its modules: `"type"` in the nearest package.json.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Format;

/// The packages that were looked at, by folder.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    known: HashMap<PathBuf, Option<Format>>,
}

impl Packages {
    /// What is said of the files in a folder, if anything is.
    pub(crate) fn format_in(&mut self, folder: &Path) -> Option<Format> {
        if let Some(known) = self.known.get(folder) {
            return *known;
        }
        let found = match fs_err::read(folder.join("package.json")) {
            Ok(text) => declared(&text),
            Err(_) => folder.parent().and_then(|parent| self.format_in(parent)),
        };
        self.known.insert(folder.to_owned(), found);
        found
    }
}

fn declared(package: &[u8]) -> Option<Format> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(rename = "type")]
        format: Option<String>,
    }
    // One that cannot be read is Node's to complain about, which reads it too.
    let manifest: Manifest = serde_json::from_slice(package).ok()?;
    match manifest.format.as_deref() {
        Some("module") => Some(Format::Module),
        Some("commonjs") => Some(Format::CommonJs),
        _ => None,
    }
}
