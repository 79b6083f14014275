//! What a worker may ask of the server: checkpoints, in the order asked, and never for a run that has ended; and items.

use std::sync::Arc;

use lgx_model::CheckpointRow;
use lgx_store::Connection;
use lgx_store::{Pending, Store, StoreError, checkpoints};
use lgx_worker::{Answer, BoxFuture, Callback, CallbackError, CallbackReply, Callbacks, LogLine};

use super::items::Items;
use super::questions;
use crate::expiry::Expiry;
use crate::notice::{Notice, Observer};
use crate::runs::registry::{Live, Registry};

/// How much of a list of checkpoints goes into one message, in bytes: a message has room for 64 MiB.
const MOST_LISTED: usize = 48 * 1024 * 1024;

/// Answers the worker of one generation from the store.
pub(super) struct StoreCallbacks {
    /// Of which generation.
    generation: u64,
    store: Store,
    registry: Arc<Registry>,
    items: Items,
    observer: Arc<dyn Observer>,
}

impl StoreCallbacks {
    pub(super) fn new(
        generation: u64,
        store: Store,
        registry: Arc<Registry>,
        expiry: Arc<Expiry>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        Self {
            generation,
            items: Items::new(store.clone(), expiry),
            store,
            registry,
            observer,
        }
    }
}

/// On whose behalf a call is made; none for calls outside of runs.
type Writer = Option<Arc<Live>>;

impl StoreCallbacks {
    /// The run that writes, or none if it has ended here: a synchronous node of a cancelled run may still be at it, or a worker that was
    /// blocked while another one took its run over.
    fn welcome(&self, call: &Callback) -> Option<Writer> {
        match call {
            Callback::PutCheckpoint {
                run_id: Some(run_id),
                ..
            }
            | Callback::PutWrites {
                run_id: Some(run_id),
                ..
            } => self.registry.writer(*run_id, self.generation).map(Some),
            _ => Some(None),
        }
    }
}

fn dropped() -> Answer {
    Box::pin(std::future::ready(Ok(CallbackReply::Done {})))
}

impl Callbacks for StoreCallbacks {
    #[expect(
        clippy::async_yields_async,
        reason = "two phases: in its place in the queue, then committed"
    )]
    fn accept(&self, call: Callback) -> BoxFuture<'_, Answer> {
        let call = match call {
            Callback::Items { operations } => return Box::pin(self.items.accept(operations)),
            Callback::ReadTerminal {
                run_id,
                prompt,
                debugger,
            } => {
                let run = match run_id.map(|run_id| self.registry.writer(run_id, self.generation)) {
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
                return Box::pin(std::future::ready(answer));
            }
            call => call,
        };
        let welcome = self.welcome(&call);
        Box::pin(async move {
            let Some(writer) = welcome else {
                return dropped();
            };
            let run = writer.clone();
            // Reads go through the writer's queue too: a run must see what it wrote just before.
            let answered = self
                .store
                .enqueue(move |connection| {
                    // A write in the queue must not bring back what is gone, nor stand on what could not be saved.
                    if writer.as_ref().is_some_and(|live| live.is_fenced()) {
                        return Ok(CallbackReply::Done {});
                    }
                    let answer = answer(connection, call);
                    // At once, so that nothing of the run that waits behind this is written in spite of it.
                    if let (Some(live), Err(error)) = (&writer, &answer) {
                        live.write_failed(error);
                    }
                    answer
                })
                .await;
            later(answered, run)
        })
    }

    fn log(&self, line: LogLine) {
        self.observer.notice(Notice::Log(line));
    }

    fn loading(&self, what: String) {
        self.observer.notice(Notice::Loading { what });
    }
}

/// The answer once it is committed.
fn later(answered: Pending<CallbackReply>, writer: Writer) -> Answer {
    Box::pin(async move {
        let answered = answered.await;
        // What could not be committed did not fail before.
        if let (Some(live), Err(error)) = (&writer, &answered) {
            live.write_failed(error);
        }
        answered.map_err(|error| store_failed(&error))
    })
}

/// What a worker is told of a failure of the store; the status is for calls that it makes for a client.
pub(super) fn store_failed(error: &StoreError) -> CallbackError {
    let refusal = CallbackError::store(error.to_string());
    match error {
        StoreError::Unavailable(unavailable) => refusal.with_status(match unavailable {
            lgx_store::Unavailable::DiskFull => 507,
            _ => 503,
        }),
        _ => refusal,
    }
}

fn answer(connection: &Connection, call: Callback) -> Result<CallbackReply, StoreError> {
    match call {
        Callback::PutCheckpoint { run_id, row, new } => {
            let row = CheckpointRow {
                run_id: run_id.map(|run_id| run_id.to_string()),
                ..row
            };
            checkpoints::put(connection, &row, &new)?;
        }
        Callback::PutWrites {
            run_id,
            checkpoint,
            writes,
        } => {
            let run_id = run_id.map(|run_id| run_id.to_string());
            checkpoints::put_writes(
                connection,
                checkpoint.thread_id,
                &checkpoint.checkpoint_ns,
                &checkpoint.checkpoint_id,
                run_id.as_deref(),
                &writes,
            )?;
        }
        Callback::GetCheckpoint {
            thread_id,
            checkpoint_ns,
            checkpoint_id,
        } => {
            let tuple = checkpoints::get(
                connection,
                thread_id,
                &checkpoint_ns,
                checkpoint_id.as_deref(),
            )?;
            return Ok(CallbackReply::Tuple {
                tuple: tuple.map(Box::new),
            });
        }
        Callback::ListCheckpoints(query) => {
            let listed = checkpoints::list(connection, &list_query(query))?;
            return Ok(CallbackReply::Tuples {
                tuples: listed.tuples,
                more: listed.more,
            });
        }
        Callback::DeleteThread { thread_id } => checkpoints::delete_thread(connection, thread_id)?,
        Callback::DeleteForRuns { run_ids } => checkpoints::delete_for_runs(connection, &run_ids)?,
        Callback::CopyThread { source, target } => {
            checkpoints::copy_thread(connection, source, target)?;
        }
        Callback::Prune {
            thread_ids,
            strategy,
        } => {
            checkpoints::prune(connection, &thread_ids, strategy)?;
        }
        // Answered elsewhere.
        Callback::Items { .. } | Callback::ReadTerminal { .. } => {}
    }
    Ok(CallbackReply::Done {})
}

fn list_query(query: lgx_worker::ListCheckpoints) -> checkpoints::ListQuery {
    checkpoints::ListQuery {
        thread_id: query.thread_id,
        checkpoint_ns: query.checkpoint_ns,
        checkpoint_id: query.checkpoint_id,
        before: query.before,
        filter: query.filter,
        limit: query.limit,
        most_bytes: Some(MOST_LISTED),
    }
}
