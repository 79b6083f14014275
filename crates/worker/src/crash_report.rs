//! The file into which an interpreter writes without being able to run: what it was at when it crashed, or where it hangs.
//!
//! It is a file without a name that both sides hold open: a pipe could be full, or held open by a child.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use lgx_model::Runtime;

use crate::{Diagnostic, Launch, runtime};

/// What is read of it, in bytes; faulthandler itself writes at most a hundred lines a thread.
const LONGEST: usize = 64 * 1024;

/// The file of one process.
#[derive(Debug)]
pub(crate) struct CrashReport {
    file: File,
    runtime: Runtime,
    /// The project's directory, and those where the worker's own sources may be: whose lines it is about.
    root: PathBuf,
    sources: Vec<PathBuf>,
}

impl CrashReport {
    /// That of a process that is launched so.
    pub(crate) fn of(launch: &Launch, file: File) -> Self {
        Self {
            file,
            runtime: launch.runtime,
            root: launch.cwd.clone(),
            sources: launch.sources_dirs(),
        }
    }

    /// What the interpreter was at when it crashed, if it did.
    pub(crate) fn crash(&self) -> Option<Diagnostic> {
        runtime::crash(self.runtime, &self.text(), &self.root, &self.sources)
    }

    /// Where code hung that held the interpreter, if that was written.
    pub(crate) fn hang(&self) -> Option<Diagnostic> {
        runtime::hang(self.runtime, &self.text(), &self.root, &self.sources)
    }

    /// All that was written; nothing if it cannot be read. The process may go on to write: both sides have one position in the file, which
    /// this leaves alone.
    fn text(&self) -> String {
        let mut bytes = vec![0; LONGEST];
        let mut length = 0;
        while let Ok(read @ 1..) = self.file.read_at(&mut bytes[length..], length as u64) {
            length += read;
        }
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn it_is_read_from_its_start() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"Fatal Python error: Aborted").unwrap();
        let report = CrashReport {
            file,
            runtime: Runtime::Python,
            root: PathBuf::new(),
            sources: Vec::new(),
        };
        assert_eq!(
            report.crash().map(|crash| crash.kind).as_deref(),
            Some("Aborted")
        );
        assert_eq!(report.hang(), None);
    }
}
