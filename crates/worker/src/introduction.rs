//! A process that has said who it is, and is not anybody's worker yet.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use crate::death::ConnectionEnd;
use crate::frame::{Frame, FrameError, Kind};
use crate::hello::check_hello;
use crate::output::LogTarget;
use crate::process::Process;
use crate::{Hello, StartError};

/// How long a worker may take to say hello. It does so before it imports anything of weight.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A process that has said hello.
pub(crate) struct Introduced {
    pub(crate) hello: Hello,
    pub(crate) process: Process,
    pub(crate) reader: BufReader<OwnedReadHalf>,
    pub(crate) writer: OwnedWriteHalf,
    /// Who hears what it prints.
    pub(crate) log: Arc<LogTarget>,
}

impl Introduced {
    /// Waits until a process says hello.
    pub(crate) async fn wait(
        (mut process, stream): (Process, UnixStream),
        log: Arc<LogTarget>,
    ) -> Result<Self, StartError> {
        let (reader, writer) = stream.into_split();
        let mut reader = BufReader::with_capacity(64 * 1024, reader);
        let runtime = process.runtime();
        let hello = tokio::select! {
            biased;
            hello = Frame::read(&mut reader) => hello,
            () = process.exited() => Ok(None),
            () = tokio::time::sleep(START_TIMEOUT) => {
                let stderr = process.kill().await.stderr;
                return Err(StartError::Silent { runtime, after: START_TIMEOUT, stderr });
            }
        };
        let checked = match hello {
            Ok(Some(frame)) => check_hello(&frame),
            Ok(None) | Err(FrameError::Cut) => {
                let death = process.after_connection(ConnectionEnd::Closed).await;
                let death = Box::new(death);
                return Err(StartError::Died { runtime, death });
            }
            Err(error) => Err(error.into()),
        };
        match checked {
            Ok(hello) => Ok(Self {
                hello,
                process,
                reader,
                writer,
                log,
            }),
            Err(error) => {
                process.kill().await;
                Err(error)
            }
        }
    }

    /// Waits until it has imported what it was to import ahead. Gives the files that it has imported, or none if it ends.
    pub(crate) async fn warm(&mut self) -> Option<Vec<PathBuf>> {
        #[derive(Deserialize)]
        struct Warm {
            files: Vec<PathBuf>,
        }
        loop {
            let frame = tokio::select! {
                frame = Frame::read(&mut self.reader) => frame.ok()??,
                () = self.process.exited() => return None,
            };
            match frame.kind() {
                Kind::Warm => {
                    let Warm { files } = serde_json::from_slice(frame.meta()).ok()?;
                    return Some(files);
                }
                // What packages print at import was printed when the project imported them itself.
                Kind::Log => {}
                _ => return None,
            }
        }
    }
}
