//! Brings the rows of threads up to their newest checkpoints where a death came between the two: searches show the row, and only a worker
//! can read the checkpoint.
//!
//! The store marks such a row: when a state is updated, with the checkpoint; when a run ends without its values, with its end. What was
//! marked when the server ended is caught up with at the next start. A row that cannot be, because the graph is gone or its code cannot
//! read the state, stays as it is until the next start; the state itself is as it was saved all along.

use std::sync::Arc;

use lgx_model::{JsonObject, ThreadId};
use lgx_store::threads::Behind;
use lgx_store::{Store, StoreError, WriteTime};
use lgx_worker::Method;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::newest_state::NewestState;
use crate::workers::{Part, Unanswered, Unavailable, Workers};

/// Where threads are named whose rows are behind.
#[derive(Clone)]
pub struct RowsBehind(mpsc::UnboundedSender<ToLookAt>);

/// What is said there.
pub(crate) enum ToLookAt {
    /// The row of this thread may be behind.
    Thread(ThreadId),
    /// Say when all rows have been looked at that were named before.
    Ask(oneshot::Sender<()>),
}

impl RowsBehind {
    /// A place for names, and where they come out.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<ToLookAt>) {
        let (sender, names) = mpsc::unbounded_channel();
        (Self(sender), names)
    }

    /// The row of this thread may be behind.
    pub fn name(&self, thread_id: ThreadId) {
        // After the end of the server the next start looks for it.
        let _ = self.0.send(ToLookAt::Thread(thread_id));
    }

    /// Waits until all rows have been looked at that the last server left behind, or that were named so far.
    pub async fn looked_at(&self) {
        let (done, looked_at) = oneshot::channel();
        if self.0.send(ToLookAt::Ask(done)).is_ok() {
            let _ = looked_at.await;
        }
    }
}

/// What the worker is asked.
#[derive(Serialize)]
struct StateGet<'a> {
    graph_id: &'a str,
    thread_id: ThreadId,
    config: JsonObject,
    user: Option<()>,
    checkpoint: Option<()>,
    subgraphs: bool,
}

/// Why a row stays behind.
#[derive(Debug, thiserror::Error)]
enum StaysBehind {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error("the worker's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Catches up with what the last server left, and with what is named from now on, until `stopping`.
pub(crate) async fn catch_up(
    store: Store,
    workers: Arc<Workers>,
    mut names: mpsc::UnboundedReceiver<ToLookAt>,
    stopping: CancellationToken,
) {
    let all = async {
        let left = store.threads_behind().await.unwrap_or_else(|error| {
            tracing::error!("threads whose rows are behind cannot be looked for: {error}");
            Vec::new()
        });
        for behind in left {
            one(&store, &workers, behind).await;
        }
        while let Some(named) = names.recv().await {
            let thread_id = match named {
                ToLookAt::Thread(thread_id) => thread_id,
                ToLookAt::Ask(done) => {
                    // Whoever asked may have gone.
                    let _ = done.send(());
                    continue;
                }
            };
            match store.thread_behind(thread_id).await {
                Ok(Some(behind)) => one(&store, &workers, behind).await,
                Ok(None) => {}
                Err(error) => tracing::debug!(%thread_id, "the row stays behind: {error}"),
            }
        }
    };
    tokio::select! {
        () = stopping.cancelled() => {}
        () = all => {}
    }
}

async fn one(store: &Store, workers: &Arc<Workers>, behind: Behind) {
    let thread_id = behind.thread_id;
    if let Err(error) = read_and_write(store, workers, behind).await {
        tracing::debug!(%thread_id, "the row stays behind: {error}");
    }
}

async fn read_and_write(
    store: &Store,
    workers: &Arc<Workers>,
    behind: Behind,
) -> Result<(), StaysBehind> {
    let Behind {
        thread_id,
        metadata,
    } = behind;
    let lease = workers.serving().await?;
    let graph_id = metadata.get("graph_id").and_then(Value::as_str);
    let graph_id = graph_id.filter(|graph_id| lease.config().graph(graph_id).is_some());
    let Some(graph_id) = graph_id else {
        return Ok(());
    };
    let question = StateGet {
        graph_id,
        thread_id,
        config: store.get_config_of_thread(&metadata).await?,
        user: None,
        checkpoint: None,
        subgraphs: false,
    };
    let answer = lease
        .call(Part::Graph(graph_id), Method::StateGet, &question)
        .await?;
    let newest: NewestState =
        serde_json::from_slice(answer.sections.first().map_or(b"null", |state| &state[..]))?;
    if let Some(checkpoint_id) = newest.checkpoint_id().map(str::to_owned) {
        let state = newest.on_row();
        store
            .catch_up(thread_id, checkpoint_id, state, WriteTime::OnItsTurn)
            .await?;
    }
    Ok(())
}
