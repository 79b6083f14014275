//! What tells that a file was written, without reading it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The size of a file, which one it is, and when it was written. Two that are alike are of a file that nobody has touched meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    size: u64,
    file: u64,
    /// In seconds and nanoseconds, as the next one.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    /// The stamp of a file, if it is there.
    pub fn of(file: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(file).ok()?;
        Some(Self {
            size: metadata.size(),
            file: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    /// Whether the file has been put where it is, or written, since then. One that is renamed keeps its time, but not that of its inode.
    pub fn is_newer_than(&self, since: SystemTime) -> bool {
        let Ok(since) = since.duration_since(SystemTime::UNIX_EPOCH) else {
            return false;
        };
        let of = |(seconds, nanoseconds): (i64, i64)| {
            let seconds = u64::try_from(seconds).unwrap_or_default();
            Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or_default())
        };
        of(self.modified).max(of(self.changed)) > since
    }
}
