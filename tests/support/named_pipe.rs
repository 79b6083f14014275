//! A named pipe, at which a test and the code that it tests wait for each other, and a test not for ever.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::EndsInTime as _;

const PATIENCE: Duration = Duration::from_secs(60);

/// The pipe, which lies where others find it.
pub struct NamedPipe {
    path: PathBuf,
}

impl NamedPipe {
    /// Makes it.
    pub fn make(path: &Path) -> Result<Self> {
        let made = Command::new("mkfifo").arg(path).status_in_time()?;
        ensure!(made.success(), "no pipe is made at {}", path.display());
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Its writing end, once somebody reads from it; whoever reads waits until it is dropped.
    pub fn reader_is_held(&self) -> Result<File> {
        self.in_time(|path| File::options().write(true).open(path))
    }

    /// What somebody writes to it.
    pub fn read(&self) -> Result<String> {
        self.in_time(std::fs::read_to_string)
    }

    /// Opening it takes until there is somebody at the other end.
    fn in_time<T: Send + 'static>(
        &self,
        open: impl FnOnce(PathBuf) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = mpsc::channel();
        let path = self.path.clone();
        std::thread::spawn(move || sender.send(open(path)));
        let opened = receiver.recv_timeout(PATIENCE);
        Ok(opened.with_context(|| format!("nobody comes to {}", self.path.display()))??)
    }
}
