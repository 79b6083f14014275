//! One run from start to end: the worker's events go to the log, its end to the store, and only then to the readers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lgx_model::{CheckpointTuple, RawJson, Run, RunError, Timestamp};
use lgx_store::StoreError;
use lgx_store::runs::Finish;
use lgx_worker::{CallError, RunEnd, RunOutcome, RunRequest, Step};
use serde_json::Value;
use tokio::sync::watch;

use super::Runs;
use super::outcome::Outcome;
use super::registry::{Asking, Live, Stop};
use super::save_end::SavedEnd;
use super::time_limit;
use super::verdict::verdict;
use crate::due::due_at;
use crate::events::feed::RunFeed;
use crate::notice::Notice;
use crate::workers::{Lease, Part, Unavailable};

/// How long a cancelled run may take to come to its end before it is settled without it.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// A worker that has not turned its event loop for this long, while a run had [`CANCEL_GRACE`] to stop, does not do so any more.
const SILENCE: Duration = Duration::from_secs(3);
/// The number of no generation.
const NOBODY: u64 = 0;
/// What says which checkpoint a run starts from.
const CHECKPOINT_KEYS: [&str; 3] = ["checkpoint_id", "checkpoint_ns", "checkpoint_map"];
/// How long runs get to notice that the server stops.
const STOP_GRACE: Duration = Duration::from_millis(500);

/// How the execution of a run came to its end.
enum Ending {
    /// The worker answered.
    Worker(Box<RunEnd>, Option<RawJson>),
    /// The run failed outside user code.
    Failed(RunError),
    /// It was asked to stop and did not answer in time.
    Abandoned,
    /// The server stops: the run stays as it is and goes on at the next start.
    Suspended,
}

impl Runs {
    /// Executes a run that the store has as running, and settles it. Says whether more runs wait.
    pub(super) async fn drive(
        self: &Arc<Self>,
        run: Run,
        checkpoint: Option<CheckpointTuple>,
        attempt: u32,
    ) -> bool {
        let live = self.registry.enter(&run);
        live.set_executing(true);
        let began = Timestamp::now();
        let mut feed = self.events.feed(&run, attempt).await;
        let ending = self
            .execute_on_worker(&run, &live, checkpoint, &mut feed)
            .await;
        // From here on the worker's late writes are dropped.
        live.set_executing(false);
        if matches!(ending, Ending::Suspended) {
            if live.resumable {
                self.events.flush().await;
            }
            self.suspend(&live);
            self.registry.leave(run.run_id);
            return false;
        }
        self.settle(&run, &live, ending, began, feed).await
    }

    async fn execute_on_worker(
        &self,
        run: &Run,
        live: &Live,
        checkpoint: Option<CheckpointTuple>,
        feed: &mut RunFeed,
    ) -> Ending {
        let mut lease = match self.lease(live, self.workers.serving()).await {
            Ok(lease) => lease,
            Err(ending) => return ending,
        };
        let limit = time_limit::of(&self.workers.config(), self.workers.options());
        let mut newest = checkpoint;
        let mut moves = 0;
        loop {
            let request = match self.request(run, newest.as_ref(), moves) {
                Ok(request) => request,
                Err(error) => return Ending::Failed(error),
            };
            // A run that starts from an older checkpoint, or whose checkpoints go with it, has no use for the newest one.
            let checkpoint = newest.as_ref().filter(|_| request.prefetched);
            live.execute_on(lease.number());
            // A run that never gets a graph does not begin: its stream is its error alone.
            if lease.has_compiled(&request.graph_id) || run.kwargs.is_event_streaming() {
                begin(feed, live);
            }
            live.let_ask(Asking {
                secret: lease.secret().clone(),
                user: request.user.clone(),
            });
            let attempt = self.attempt(&lease, live, &request, checkpoint, limit, feed);
            if let Some(ending) = attempt.await {
                return ending;
            }
            lease = match self.lease(live, lease.successor()).await {
                Ok(lease) => lease,
                Err(ending) => return ending,
            };
            // From here on the last worker's late writes are dropped. What it wrote until now is that the run was to begin.
            live.execute_on(NOBODY);
            newest = match self.newest_checkpoint(run).await {
                Ok(newest) => newest,
                Err(error) => {
                    return Ending::Failed(RunError::new("StoreError", error.to_string()));
                }
            };
            moves += 1;
        }
    }

    async fn newest_checkpoint(&self, run: &Run) -> Result<Option<CheckpointTuple>, StoreError> {
        let newest = self
            .store
            .get_checkpoint(run.thread_id, String::new(), None);
        newest.await.await
    }

    /// A hold on a generation once there is one, unless the run ends before.
    async fn lease(
        &self,
        live: &Live,
        lease: impl Future<Output = Result<Lease, Unavailable>>,
    ) -> Result<Lease, Ending> {
        let mut stop = live.stop.subscribe();
        tokio::select! {
            () = self.stopping.cancelled() => Err(Ending::Suspended),
            () = stopped(&mut stop) => Err(Ending::Abandoned),
            lease = lease => lease.map_err(|error| Ending::Failed(RunError::new("WorkerUnavailable", error.to_string()))),
        }
    }

    /// Executes a run on one worker. None if the worker did not get to it: then no node has been executed.
    async fn attempt(
        &self,
        lease: &Lease,
        live: &Live,
        request: &RunRequest,
        checkpoint: Option<&CheckpointTuple>,
        limit: Duration,
        feed: &mut RunFeed,
    ) -> Option<Ending> {
        let redact = lease.redacts_errors();
        let failed = |error: CallError| match error {
            CallError::Withdrawn => None,
            error => Some(Ending::Failed(call_failed(&error, redact))),
        };
        let mut stop = live.stop.subscribe();
        let mut call = match lease
            .worker_of(Part::Graph(&request.graph_id))
            .run(request, checkpoint)
            .await
        {
            Ok(call) => call,
            Err(error) => return failed(error),
        };
        // A limit beyond what the clock can count is none.
        let over = tokio::time::Instant::now().checked_add(limit);
        let mut deadline = None;
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop), if deadline.is_none() => {
                    call.cancel();
                    live.told_to_stop.cancel();
                    deadline = Some(tokio::time::Instant::now() + CANCEL_GRACE);
                }
                next = call.next() => match next {
                    Step::Opened => begin(feed, live),
                    Step::Event { name, data } => {
                        live.log.append(feed.stream(name.into(), data));
                        feed.wait_for_capacity().await;
                    }
                    Step::End(end, values) => return Some(Ending::Worker(end, values)),
                    Step::Failed(error) => return failed(error),
                },
                () = self.stopping.cancelled() => {
                    call.cancel();
                    live.told_to_stop.cancel();
                    // What the run wrote until now is on its way to the store; nothing of it is lost.
                    let _ = tokio::time::timeout(STOP_GRACE, async {
                        while let Step::Opened | Step::Event { .. } = call.next().await {}
                    }).await;
                    return Some(Ending::Suspended);
                }
                () = due_at(deadline) => {
                    // What has not begun is in nobody's way: the call that is dropped is all there is of it.
                    if call.has_begun() {
                        give_up(lease, live, &request.graph_id);
                    }
                    return Some(Ending::Abandoned);
                }
                () = due_at(over), if deadline.is_none() => live.request_stop(time_limit::stop(limit)),
            }
        }
    }

    /// What the worker is told to do. `newest` is the newest checkpoint of the thread: one that this run wrote means that it was cut
    /// off. Then its input, or its command, is in there already, and it goes on instead of doing that again.
    fn request(
        &self,
        run: &Run,
        newest: Option<&CheckpointTuple>,
        moves: u32,
    ) -> Result<RunRequest, RunError> {
        let written_by = newest.and_then(|newest| newest.row.run_id.as_deref());
        let was_cut_off = written_by == Some(run.run_id.to_string().as_str());
        let mut config = run.kwargs.config.clone();
        if was_cut_off && let Some(Value::Object(keys)) = config.get_mut("configurable") {
            keys.retain(|key, _| !CHECKPOINT_KEYS.contains(&key.as_str()));
        }
        let Some(graph_id) = run.kwargs.graph_id() else {
            return Err(RunError::new(
                "InvalidRun",
                "the stored run does not name its graph",
            ));
        };
        let configurable = config.get("configurable");
        let addressed = configurable.and_then(Value::as_object).is_some_and(|keys| {
            keys.contains_key("checkpoint_id") || keys.contains_key("checkpoint_ns")
        });
        let graph_id = graph_id.to_owned();
        Ok(RunRequest {
            run_id: run.run_id,
            thread_id: run.thread_id,
            graph_id,
            input: null_if(was_cut_off, &run.kwargs.input),
            command: null_if(was_cut_off, &run.kwargs.command),
            config,
            context: Some(run.kwargs.context.clone()),
            user: self.users.of(run),
            stream_mode: run.kwargs.stream_mode.clone(),
            event_streaming: run.kwargs.is_event_streaming(),
            subgraphs: run.kwargs.subgraphs,
            interrupt_before: run.kwargs.interrupt_before.clone(),
            interrupt_after: run.kwargs.interrupt_after.clone(),
            durability: run.kwargs.durability.clone(),
            prefetched: !addressed,
            temporary: run.kwargs.temporary,
            moves,
        })
    }

    async fn settle(
        &self,
        run: &Run,
        live: &Arc<Live>,
        ending: Ending,
        began: Timestamp,
        mut feed: RunFeed,
    ) -> bool {
        let stop = live.stop.borrow().clone();
        let (end, values) = match ending {
            Ending::Worker(end, values) => (Some(*end), values),
            _ if stop.is_some() => (None, None),
            Ending::Failed(error) => {
                let end = RunEnd {
                    status: RunOutcome::Error,
                    error: Some(error),
                    diagnostic: None,
                    next: Vec::new(),
                    interrupts: RawJson::empty_object(),
                    has_values: false,
                };
                (Some(end), None)
            }
            Ending::Abandoned | Ending::Suspended => (None, None),
        };
        let diagnostic = end.as_ref().and_then(|end| end.diagnostic.clone());
        let is_told = diagnostic.is_some();
        if let Some(diagnostic) = diagnostic {
            self.observer.notice(Notice::RunFailed {
                run_id: run.run_id.to_string(),
                diagnostic,
            });
        }
        let verdict = verdict(end, values, stop);
        let run_id = run.run_id;
        let finish = Finish {
            status: verdict.outcome.status,
            thread: verdict.thread,
            now: Timestamp::now(),
            rollback: verdict.rollback,
            delete_thread: run.kwargs.temporary,
        };
        let saved = self.save_end(live, finish).await;
        self.users.forget(run_id);
        self.registry.leave(run_id);
        let (finished, rollback, outcome) = match saved {
            SavedEnd::Saved(finished) => (finished, verdict.rollback, verdict.outcome),
            SavedEnd::SavedAsError(finished, error) => (finished, false, Outcome::failed(error)),
            SavedEnd::Lost(error) => {
                self.tell_readers(live, Outcome::failed(error));
                return true;
            }
            SavedEnd::Suspended => {
                self.suspend(live);
                return false;
            }
        };
        let gone = rollback || finished.run.is_none();
        let outcome = if finished.run.is_some() {
            outcome
        } else {
            Outcome::gone()
        };
        if !is_told {
            self.announce_end(run, &outcome, began);
        }
        if let Some(run) = finished.run {
            self.report(run, began, finished.thread);
        }
        // Committed: now the readers may know.
        if let Some(error) = &outcome.error {
            let data = Bytes::from(RawJson::of(error).get().to_owned());
            live.log.append(feed.stream("error".into(), data));
        }
        let end = outcome.end();
        if gone {
            feed.taken_back(&end);
        } else {
            feed.done(&end);
        }
        if run.kwargs.temporary {
            self.events.thread_gone(run.thread_id);
        }
        // What its streams show last is on disk before they end.
        if live.resumable {
            self.events.flush().await;
        }
        live.log.finish(outcome);
        finished.more_pending
    }
}

/// The run's stream begins, once, however many workers it takes until one gets to the run.
fn begin(feed: &mut RunFeed, live: &Live) {
    if !live.log.started() {
        live.log.append(feed.begin());
    }
}

fn null_if(done: bool, value: &RawJson) -> RawJson {
    if done { RawJson::null() } else { value.clone() }
}

fn call_failed(error: &CallError, redact: bool) -> RunError {
    match error {
        CallError::Remote(remote) => RunError::new(remote.kind.clone(), remote.message.clone()),
        CallError::Died(death) => {
            if death.by_server {
                let message = format!("lgx ended the process that executed the run: {}", death.how);
                return RunError::new("WorkerDied", message);
            }
            let mut message = format!("the worker that executed the run died: {}", death.how);
            if let Some(last) = death.stderr.last().filter(|_| !redact) {
                message.push_str("; it last wrote: ");
                message.push_str(last);
            }
            RunError::new("WorkerDied", message)
        }
        other => RunError::new("WorkerError", other.to_string()),
    }
}

/// A run that does not stop. Its worker has to go when nothing else uses it, or when it does not answer either: then whatever else it
/// executes would never end.
fn give_up(lease: &Lease, live: &Live, graph_id: &str) {
    let worker = lease.worker_of(Part::Graph(graph_id));
    if !lease.has_other_leases() || worker.is_silent_for(SILENCE) {
        worker.end(format!(
            "run {} did not stop when it was cancelled",
            live.run_id
        ));
    }
}

async fn stopped(stop: &mut watch::Receiver<Option<Stop>>) {
    // The sender lives in the registry's entry, which the drive task holds.
    let _ = stop.wait_for(Option::is_some).await;
}
