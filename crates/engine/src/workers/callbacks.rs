//! What a worker may ask of the server: checkpoints, in the order asked, and never for a run that has ended; and items.

use std::sync::Arc;

use lgx_model::{CheckpointRow, RunId};
use lgx_store::checkpoints::{ListQuery, Listed, NewWrites, RunWriter, StateWrite};
use lgx_store::{Pending, Store};
use lgx_worker::{
    Answer, BoxFuture, Callback, CallbackError, CallbackReply, Callbacks, Death, ExecutingRun,
    LogLine, Streamed, UpdateWrite,
};

use super::early_output::EarlyOutput;
use super::items::Items;
use super::questions;
use super::store_failed::store_failed;
use crate::events::ThreadLogs;
use crate::expiry::Expiry;
use crate::notice::{Notice, Observer};
use crate::runs::registry::Registry;

/// How much of a list of checkpoints, or of what a batch reads, goes into one message, in bytes. A message has room for more: the first
/// checkpoint goes into it however large it is, and while it is sent, whatever else the worker asks for has to wait.
pub(super) const MOST_LISTED: usize = 48 * 1024 * 1024;

/// Answers the workers that were started for one crew from the store.
pub(super) struct StoreCallbacks {
    /// The number of their processes.
    process: u64,
    store: Store,
    registry: Arc<Registry>,
    items: Items,
    events: Arc<ThreadLogs>,
    observer: Arc<dyn Observer>,
    early_output: EarlyOutput,
}

impl StoreCallbacks {
    pub(super) fn new(
        process: u64,
        store: Store,
        registry: Arc<Registry>,
        expiry: Arc<Expiry>,
        events: Arc<ThreadLogs>,
        observer: Arc<dyn Observer>,
        early_output: EarlyOutput,
    ) -> Self {
        Self {
            process,
            items: Items::new(store.clone(), expiry),
            store,
            registry,
            events,
            observer,
            early_output,
        }
    }

    /// Somebody uses them: what they print from now on is told.
    pub(super) fn is_used(&self) {
        self.early_output.is_over();
    }

    /// What it has printed before is told after all.
    pub(super) fn tell_held_output(&self) {
        for line in self.early_output.take() {
            self.observer.notice(Notice::Log(line));
        }
    }
}

/// On whose behalf checkpoints are written; none outside of runs.
type Writer = Option<Arc<dyn RunWriter>>;

impl StoreCallbacks {
    /// The run on whose behalf checkpoints are written. Nothing if it has ended here: a synchronous node of a
    /// cancelled run may still be at it, or a worker that was blocked while another one took its run over.
    fn writer_of(&self, run_id: Option<RunId>) -> Option<Writer> {
        let Some(run_id) = run_id else {
            return Some(None);
        };
        let writer = self.registry.writer(run_id, self.process)?;
        Some(Some(Arc::new(writer)))
    }

    /// Gives what a resumable run has streamed its place among all that is written. What it saves comes behind that: of a step that is
    /// saved, and so not executed again after a crash, its clients have to find what it streamed.
    async fn place_events(&self, run_id: Option<RunId>, streamed: &Streamed) {
        let live = run_id.and_then(|run_id| self.registry.get(run_id));
        if let Some(live) = live.filter(|live| live.resumable) {
            streamed.is_read(live.run_id).await;
            self.events.place().await;
        }
    }

    /// Gives a call its place among all that is written. Reads have one too: a run must see what it wrote just before.
    async fn accept_checkpoints(&self, call: Callback, streamed: Streamed) -> Answer {
        let store = &self.store;
        match call {
            Callback::PutCheckpoint { run_id, row, new } => {
                let Some(writer) = self.writer_of(run_id) else {
                    return dropped();
                };
                self.place_events(run_id, &streamed).await;
                if row.checkpoint_ns.is_empty()
                    && let Some(live) = run_id.and_then(|run_id| self.registry.get(run_id))
                {
                    live.has_written_checkpoint();
                }
                let row = CheckpointRow {
                    run_id: run_id.map(|run_id| run_id.to_string()),
                    ..row
                };
                done(store.put_checkpoint(writer, row, new).await)
            }
            Callback::PutWrites {
                run_id,
                checkpoint,
                writes,
            } => {
                let Some(writer) = self.writer_of(run_id) else {
                    return dropped();
                };
                self.place_events(run_id, &streamed).await;
                let new = NewWrites {
                    thread_id: checkpoint.thread_id,
                    checkpoint_ns: checkpoint.checkpoint_ns,
                    checkpoint_id: checkpoint.checkpoint_id,
                    run_id: run_id.map(|run_id| run_id.to_string()),
                    writes,
                };
                done(store.put_checkpoint_writes(writer, new).await)
            }
            Callback::PutUpdate { writes } => {
                let writes = writes.into_iter().map(state_write).collect();
                done(store.put_update(writes).await)
            }
            Callback::GetCheckpoint {
                thread_id,
                checkpoint_ns,
                checkpoint_id,
            } => {
                let got = store.get_checkpoint(thread_id, checkpoint_ns, checkpoint_id);
                answer(got.await, |tuple| CallbackReply::Tuple {
                    tuple: tuple.map(Box::new),
                })
            }
            Callback::ListCheckpoints(query) => {
                let listed = store.list_checkpoints(list_query(query)).await;
                answer(listed, |Listed { tuples, more }| CallbackReply::Tuples {
                    tuples,
                    more,
                })
            }
            Callback::DeleteThread { thread_id } => done(store.delete_checkpoints(thread_id).await),
            Callback::DeleteForRuns { run_ids } => {
                done(store.delete_checkpoints_of_runs(run_ids).await)
            }
            Callback::CopyThread { source, target } => {
                done(store.copy_checkpoints(source, target).await)
            }
            Callback::Prune {
                thread_ids,
                strategy,
            } => done(store.prune_checkpoints(thread_ids, strategy).await),
            // Answered elsewhere.
            Callback::Items { .. } | Callback::ReadTerminal { .. } => dropped(),
        }
    }
}

fn state_write(write: UpdateWrite) -> StateWrite {
    match write {
        UpdateWrite::Put { checkpoint, new } => StateWrite::Checkpoint(checkpoint, new),
        UpdateWrite::PutWrites { checkpoint, writes } => StateWrite::Writes(NewWrites {
            thread_id: checkpoint.thread_id,
            checkpoint_ns: checkpoint.checkpoint_ns,
            checkpoint_id: checkpoint.checkpoint_id,
            run_id: None,
            writes,
        }),
    }
}

fn dropped() -> Answer {
    Box::pin(std::future::ready(Ok(CallbackReply::Done {})))
}

fn done(pending: Pending<()>) -> Answer {
    answer(pending, |()| CallbackReply::Done {})
}

/// The answer once it is committed.
fn answer<T: Send + 'static>(pending: Pending<T>, reply: fn(T) -> CallbackReply) -> Answer {
    Box::pin(async move {
        let answered = pending.await;
        answered.map(reply).map_err(|error| store_failed(&error))
    })
}

impl Callbacks for StoreCallbacks {
    fn accept(&self, call: Callback, streamed: Streamed) -> BoxFuture<'_, Answer> {
        match call {
            Callback::Items { operations } => Box::pin(self.items.accept(operations)),
            Callback::ReadTerminal {
                run_id,
                prompt,
                debugger,
            } => {
                let run = match run_id.map(|run_id| self.registry.executing(run_id, self.process)) {
                    // A synchronous node of a run that has ended.
                    Some(None) => {
                        let refused: Answer =
                            Box::pin(std::future::ready(Err(CallbackError::cancelled())));
                        return Box::pin(std::future::ready(refused));
                    }
                    Some(run) => run,
                    None => None,
                };
                let answer = questions::ask(&self.observer, run, prompt, debugger);
                Box::pin(std::future::ready(answer))
            }
            call => Box::pin(self.accept_checkpoints(call, streamed)),
        }
    }

    fn log(&self, line: LogLine) {
        if let Some(line) = self.early_output.pass(line) {
            self.observer.notice(Notice::Log(line));
        }
    }

    fn going_on(&self, death: &Death) -> Vec<ExecutingRun> {
        self.registry.going_on(self.process, death)
    }
}

fn list_query(query: lgx_worker::ListCheckpoints) -> ListQuery {
    ListQuery {
        thread_id: query.thread_id,
        checkpoint_ns: query.checkpoint_ns,
        checkpoint_id: query.checkpoint_id,
        before: query.before,
        filter: query.filter,
        limit: query.limit,
        most_bytes: Some(MOST_LISTED),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod validation;
