//! Packs the values that newer ones have taken the place of, on a thread of its own, so that no write waits for it.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::sqlite::checkpoints::deltas::{self, Arrival, Repack};
use crate::sqlite::database;
use crate::sqlite::readers::snapshot;
use crate::sqlite::writer::{Message, Operation};
use crate::{Result, StoreError};

/// How many checkpoints may wait. The values before further ones stay as they came.
const WAITING: usize = 4096;

/// How long closing the store waits for what is waiting. The rest stays as it came.
pub(crate) const CLOSING: Duration = Duration::from_secs(1);

/// The thread that packs.
pub(crate) struct Packer {
    running: Mutex<Option<Packing>>,
}

struct Packing {
    queue: SyncSender<Arrival>,
    /// When the thread has to have ended, once that is known.
    end: Arc<OnceLock<Instant>>,
    /// Resolves when the thread has ended.
    ended: oneshot::Receiver<()>,
}

impl Packer {
    /// Starts packing in the database at `path`, which `writer` writes.
    pub(crate) fn start(path: &Path, writer: mpsc::Sender<Message>) -> Result<Self> {
        let connection = database::open_reader(path)?;
        let (queue, arrivals) = sync_channel(WAITING);
        let (here, ended) = oneshot::channel::<()>();
        let end = Arc::new(OnceLock::new());
        let until = Arc::clone(&end);
        std::thread::Builder::new()
            .name("lgx-store-packer".to_owned())
            .spawn(move || {
                serve(connection, &arrivals, &until, &writer);
                drop(here);
            })?;
        Ok(Self {
            running: Mutex::new(Some(Packing { queue, end, ended })),
        })
    }

    /// Has the values packed whose place new ones have taken with this checkpoint.
    pub(crate) fn arrived(&self, arrival: Arrival) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*running {
            // A full queue means that there is more written than can be packed.
            let _ = running.queue.try_send(arrival);
        }
    }

    /// Ends the thread, after what is waiting if that does not take longer than this.
    pub(crate) async fn close(&self, patience: Duration) {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(Packing { queue, end, ended }) = running {
            let _ = end.set(Instant::now() + patience);
            drop(queue);
            // It ends without a word.
            let _ = ended.await;
        }
    }
}

fn serve(
    connection: Connection,
    arrivals: &Receiver<Arrival>,
    end: &OnceLock<Instant>,
    writer: &mpsc::Sender<Message>,
) {
    give_way();
    for arrival in arrivals {
        if end.get().is_some_and(|&end| Instant::now() > end) {
            break;
        }
        if let Err(error) = settle(&connection, &arrival, writer) {
            tracing::debug!(%error, "the values before a checkpoint could not be packed; they stay as they came");
        }
    }
    drop(connection);
}

/// Has the thread run when nothing else wants to, where a thread can be told apart from its process.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::debug!(%error, "the packer runs as often as any thread");
    }
}

/// Packs what has to be packed after an arrival, and waits until that is committed: what comes next is read beside the writer.
fn settle(
    connection: &Connection,
    arrival: &Arrival,
    writer: &mpsc::Sender<Message>,
) -> Result<()> {
    let changes = snapshot(connection, |connection| {
        deltas::changes(connection, arrival)
    })?;
    for packed in changes.into_iter().filter_map(Repack::pack) {
        let (reply, result) = oneshot::channel();
        let operation = Operation::new(
            move |connection| packed.put(connection),
            move |result| {
                let _ = reply.send(result);
            },
        );
        writer
            .blocking_send(Message::Operation(operation))
            .map_err(|_| StoreError::Closed)?;
        result.blocking_recv().unwrap_or(Err(StoreError::Closed))?;
    }
    Ok(())
}
