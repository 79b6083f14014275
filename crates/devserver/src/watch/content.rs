//! What a file holds and when it was written, for telling whether it has changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::time::SystemTime;

use lgx_config::{Unreadable, read_plain_file};
use lgx_engine::workers::FileStamp;

use super::filter::is_data;

/// A hash of what is in a file. Nobody has a reason to forge one, so it need not be cryptographic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// A file without content.
    Empty,
    /// Any other.
    Hash(u64),
}

/// What a file holds, if it can be read.
///
/// A named pipe or a device counts as what it is, because reading one may never end; of a very large file the time and the size count.
pub(super) fn of_file(file: &Path) -> Option<Content> {
    let mut hasher = DefaultHasher::new();
    match read_plain_file(file) {
        Ok(bytes) if bytes.is_empty() => return Some(Content::Empty),
        Ok(bytes) => hasher.write(&bytes),
        Err(Unreadable::NotPlain(kind)) if kind != "a directory" => hasher.write(kind.as_bytes()),
        Err(Unreadable::TooLarge) => {
            let metadata = fs_err::metadata(file).ok()?;
            (metadata.len(), metadata.modified().ok()).hash(&mut hasher);
        }
        Err(_) => return None,
    }
    Some(Content::Hash(hasher.finish()))
}

/// Which files of data there are in a directory, if it can be read.
pub(super) fn of_directory(directory: &Path) -> Option<Content> {
    let entries = fs_err::read_dir(directory).ok()?;
    let mut names: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_data(path))
        .collect();
    names.sort();
    let mut hasher = DefaultHasher::new();
    names.hash(&mut hasher);
    Some(Content::Hash(hasher.finish()))
}

/// Whether a file of data in a directory is newer than that.
pub(super) fn has_newer_data(directory: &Path, since: SystemTime) -> bool {
    fs_err::read_dir(directory).is_ok_and(|entries| {
        let mut files = entries.flatten().map(|entry| entry.path());
        files.any(|file| is_data(&file) && is_newer(&file, since))
    })
}

/// Whether a file has been put where it is, or written, since then.
pub(super) fn is_newer(file: &Path, since: SystemTime) -> bool {
    FileStamp::of(file).is_some_and(|stamp| stamp.is_newer_than(since))
}
