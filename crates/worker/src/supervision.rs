//! Waiting for the end of a worker, however it comes: of its process, of its connection, or by the server.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::connection::{Connection, Violation};
use crate::death::{ConnectionEnd, EndReason};
use crate::frame::FrameError;
use crate::process::Process;
use crate::{Callbacks, Death};

/// How long what has been sent may take to arrive after the other end has gone.
const LAST_FRAMES: Duration = Duration::from_secs(2);

/// The tasks that read and write the connection.
pub(crate) struct Ends {
    pub(crate) reader: JoinHandle<Result<(), Violation>>,
    pub(crate) writer: JoinHandle<std::io::Result<()>>,
}

impl Ends {
    /// Resolves when the connection is of no more use, with what was wrong with it.
    async fn ended(&mut self) -> ConnectionEnd {
        let read = tokio::select! {
            read = &mut self.reader => Some(read),
            // Nothing can be said any more; what the worker has said may still be on its way.
            _ = &mut self.writer => tokio::time::timeout(LAST_FRAMES, &mut self.reader).await.ok(),
        };
        match read {
            // The connection of a process that dies with frames unread is reset.
            Some(Ok(Ok(()) | Err(Violation::Frame(FrameError::Io(_))))) | None => {
                ConnectionEnd::Closed
            }
            Some(Ok(Err(cut @ Violation::Frame(FrameError::Cut)))) => {
                ConnectionEnd::Cut(cut.to_string())
            }
            Some(Ok(Err(violation))) => ConnectionEnd::Broken(violation.to_string()),
            Some(Err(crash)) => ConnectionEnd::Broken(crash.to_string()),
        }
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.reader.abort();
        self.writer.abort();
    }
}

/// Waits for the end of a worker, however it comes, cleans up, and announces it.
pub(crate) async fn supervise(
    connection: Arc<Connection>,
    callbacks: Arc<dyn Callbacks>,
    mut ends: Ends,
    process: Option<Process>,
    kill: CancellationToken,
    reason: Arc<OnceLock<EndReason>>,
) {
    let death = match process {
        None => tokio::select! {
            () = kill.cancelled() => Death::with_cause("stopped"),
            end = ends.ended() => Death::by_connection(end),
        },
        Some(mut process) => tokio::select! {
            () = kill.cancelled() => process.kill().await,
            end = ends.ended() => process.after_connection(end).await,
            () = process.exited() => {
                // Its group is killed first, so that nobody it left behind keeps the connection open.
                let death = process.kill().await;
                let _ = tokio::time::timeout(LAST_FRAMES, &mut ends.reader).await;
                death
            }
        },
    };
    drop(ends);
    let death = match reason.get() {
        Some(reason) => Death::by_server(reason),
        None => death,
    };
    connection.die(death, &*callbacks);
}
