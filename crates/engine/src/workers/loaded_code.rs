//! What a generation was loaded from, as it was then: whether a crew that loads it later has loaded the same.
//!
//! A crew that joins others reads the files as they are by then. Where nobody watches, or where a save could not be used, these need not be
//! what the others have loaded; and crews of different code behind one queue would answer now one way and now the other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::FileStamp;

/// The files that code was loaded from.
pub(super) struct LoadedCode(Vec<LoadedFile>);

struct LoadedFile {
    path: PathBuf,
    /// None: it was not there.
    stamp: Option<FileStamp>,
    /// Whether it was written while the code was loaded, so that nobody knows what was read of it.
    was_changing: bool,
}

impl LoadedCode {
    /// These files, as they are now that they have been loaded, which began at `since`.
    pub(super) fn from(files: &[PathBuf], since: SystemTime) -> Self {
        let file = |path: &PathBuf| {
            let stamp = FileStamp::of(path);
            LoadedFile {
                path: path.clone(),
                was_changing: stamp.is_some_and(|stamp| stamp.is_newer_than(since)),
                stamp,
            }
        };
        // Several graphs may be in one.
        let files: BTreeSet<_> = files.iter().collect();
        Self(files.into_iter().map(file).collect())
    }

    /// Those that are not any more as they were loaded.
    pub(super) fn changed(&self) -> Vec<PathBuf> {
        let changed = |file: &&LoadedFile| {
            file.was_changing || FileStamp::of(Path::new(&file.path)) != file.stamp
        };
        let changed = self.0.iter().filter(changed);
        changed.map(|file| file.path.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn files_that_are_written_that_come_and_that_go_are_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["agent.py", "gone.py", "same.py"] {
            std::fs::write(path(name), "x = 1\n").unwrap();
        }
        let files = ["agent.py", "gone.py", "prompt.md", "same.py"].map(path);
        let code = LoadedCode::from(&files, SystemTime::now() + Duration::from_secs(1));
        assert_eq!(code.changed(), Vec::<PathBuf>::new());
        std::fs::write(path("agent.py"), "x = 22\n").unwrap();
        std::fs::write(path("prompt.md"), "Be kind.").unwrap();
        std::fs::remove_file(path("gone.py")).unwrap();
        assert_eq!(code.changed(), files[..3]);
    }

    #[test]
    fn of_a_file_that_was_written_during_the_load_nobody_knows() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent.py");
        std::fs::write(&file, "x = 1\n").unwrap();
        let before = SystemTime::now() - Duration::from_secs(60);
        let code = LoadedCode::from(std::slice::from_ref(&file), before);
        assert_eq!(code.changed(), [file]);
    }
}
