//! One run from start to end: the worker's events go to the log, its end to the store, and only then to the readers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lgx_model::{
    CheckpointTuple, JsonObject, RawJson, Run, RunError, RunStatus, ThreadStatus, Timestamp,
};
use lgx_store::runs::{Finish, ThreadEnd};
use lgx_worker::{CallError, RunEnd, RunOutcome, RunRequest, Step};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::watch;

use super::Engine;
use super::outcome::Outcome;
use super::registry::{Asking, Live, Stop, StopAction};
use super::save_end::SavedEnd;
use super::time_limit;
use crate::events::feed::RunFeed;
use crate::http::ApiError;
use crate::notice::Notice;
use crate::workers::Lease;

/// How long a cancelled run may take to come to its end before it is settled without it.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// A worker that has not turned its event loop for this long, while a run had [`CANCEL_GRACE`] to stop, does not do so any more.
const SILENCE: Duration = Duration::from_secs(3);
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

impl Engine {
    /// Executes a run that the store has as running, and settles it. Says whether more runs wait.
    pub(super) async fn drive(
        self: &Arc<Self>,
        run: Run,
        checkpoint: Option<CheckpointTuple>,
    ) -> bool {
        let live = self.registry.enter(&run);
        live.set_executing(true);
        let began = Timestamp::now();
        let mut feed = self.events.feed(&run).await;
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
        let Some(workers) = self.workers.get().and_then(std::sync::Weak::upgrade) else {
            return Ending::Suspended;
        };
        let mut lease = match self.lease(live, workers.serving()).await {
            Ok(lease) => lease,
            Err(ending) => return ending,
        };
        live.log.append(feed.begin());
        let request = match self.request(run, checkpoint.as_ref()) {
            Ok(request) => request,
            Err(error) => return Ending::Failed(error),
        };
        // A run that starts from an older checkpoint, or whose checkpoints go with it, has no use for the newest one.
        let checkpoint = checkpoint.filter(|_| request.prefetched);
        let limit = time_limit::of(&workers.config(), workers.options());
        loop {
            live.execute_on(lease.number());
            live.let_ask(Asking {
                secret: lease.secret().clone(),
                user: request.user.clone(),
            });
            let attempt = self.attempt(&lease, live, &request, checkpoint.as_ref(), limit, feed);
            if let Some(ending) = attempt.await {
                return ending;
            }
            lease = match self.lease(live, lease.successor()).await {
                Ok(lease) => lease,
                Err(ending) => return ending,
            };
        }
    }

    /// A hold on a generation once there is one, unless the run ends before.
    async fn lease(
        &self,
        live: &Live,
        lease: impl Future<Output = Result<Lease, ApiError>>,
    ) -> Result<Lease, Ending> {
        let mut stop = live.stop.subscribe();
        tokio::select! {
            () = self.stopping.cancelled() => Err(Ending::Suspended),
            () = stopped(&mut stop) => Err(Ending::Abandoned),
            lease = lease => lease.map_err(|error| Ending::Failed(RunError::new("WorkerUnavailable", error.detail))),
        }
    }

    /// Executes a run on one worker. None if the worker did not get to it: then nothing has happened.
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
        let mut call = match lease.worker().run(request, checkpoint).await {
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
                    deadline = Some(tokio::time::Instant::now() + CANCEL_GRACE);
                }
                next = call.next() => match next {
                    Step::Event { name, data } => {
                        live.log.append(feed.stream(name.into(), data));
                        feed.room().await;
                    }
                    Step::End(end, values) => return Some(Ending::Worker(end, values)),
                    Step::Failed(error) => return failed(error),
                },
                () = self.stopping.cancelled() => {
                    call.cancel();
                    // What the run wrote until now is on its way to the store; nothing of it is lost.
                    let _ = tokio::time::timeout(STOP_GRACE, async {
                        while let Step::Event { .. } = call.next().await {}
                    }).await;
                    return Some(Ending::Suspended);
                }
                () = sleep_until(deadline) => {
                    // What has not begun is in nobody's way: the call that is dropped is all there is of it.
                    if call.has_begun() {
                        give_up(lease, live);
                    }
                    return Some(Ending::Abandoned);
                }
                () = sleep_until(over), if deadline.is_none() => live.request_stop(time_limit::stop(limit)),
            }
        }
    }

    /// What the worker is told to do. `newest` is the newest checkpoint of the thread: one that this run wrote means that it was cut
    /// off. Then its input, or its command, is in there already, and it goes on instead of doing that again.
    fn request(&self, run: &Run, newest: Option<&CheckpointTuple>) -> Result<RunRequest, RunError> {
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
            input: unless(was_cut_off, &run.kwargs.input),
            command: unless(was_cut_off, &run.kwargs.command),
            config,
            context: Some(run.kwargs.context.clone()),
            user: self.users.of(run),
            stream_mode: run.kwargs.stream_mode.clone(),
            subgraphs: run.kwargs.subgraphs,
            interrupt_before: run.kwargs.interrupt_before.clone(),
            interrupt_after: run.kwargs.interrupt_after.clone(),
            durability: run.kwargs.durability.clone(),
            prefetched: !addressed,
            temporary: run.kwargs.temporary,
        })
    }

    async fn settle(
        &self,
        run: &Run,
        live: &Live,
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
                self.tell(live, Outcome::failed(error));
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

fn unless(done: bool, asked: &RawJson) -> RawJson {
    if done { RawJson::null() } else { asked.clone() }
}

/// What a run's end means for the run, its thread and its readers.
struct Verdict {
    outcome: Outcome,
    thread: ThreadEnd,
    rollback: bool,
}

/// Decides. Pure: a stop that was asked for wins over whatever the worker answered.
fn verdict(end: Option<RunEnd>, values: Option<RawJson>, stop: Option<Stop>) -> Verdict {
    if let Some(stop) = stop {
        let (name, run_status, status) = match stop.action {
            StopAction::Rollback => ("UserRollback", RunStatus::Interrupted, ThreadStatus::Idle),
            StopAction::Interrupt => (
                "UserInterrupt",
                RunStatus::Interrupted,
                ThreadStatus::Interrupted,
            ),
            StopAction::TimeOut => ("TimeoutError", RunStatus::Timeout, ThreadStatus::Error),
            StopAction::StoreFailed => ("StoreError", RunStatus::Error, ThreadStatus::Error),
        };
        let rollback = stop.action == StopAction::Rollback;
        // Of a run whose checkpoints are not all saved the thread keeps what it had before.
        let kept = values
            .clone()
            .filter(|_| !rollback && stop.action != StopAction::StoreFailed);
        let error = Some(RunError::new(name, stop.reason));
        return Verdict {
            outcome: Outcome {
                status: run_status,
                shown: None,
                // Also of a run that is taken back: who waits is told how far it came.
                values,
                interrupts: Vec::new(),
                // Who cancels knows; who waits for a run that takes too long, or cannot be saved, does not.
                error: error
                    .clone()
                    .filter(|_| run_status != RunStatus::Interrupted),
            },
            thread: ThreadEnd {
                status,
                values: kept,
                error,
                interrupts: RawJson::empty_object(),
            },
            rollback,
        };
    }
    let Some(end) = end else {
        return Verdict {
            outcome: Outcome::cancelled(),
            thread: ThreadEnd {
                status: ThreadStatus::Interrupted,
                values: None,
                error: None,
                interrupts: RawJson::empty_object(),
            },
            rollback: false,
        };
    };
    let (for_thread, flat) = interrupts(&end.interrupts);
    let (run_status, thread_status, error) = match end.status {
        RunOutcome::Success if end.next.is_empty() && flat.is_empty() => {
            (RunStatus::Success, ThreadStatus::Idle, None)
        }
        RunOutcome::Success => (RunStatus::Success, ThreadStatus::Interrupted, None),
        RunOutcome::Error => {
            let error = end
                .error
                .unwrap_or_else(|| RunError::new("Error", "the run failed"));
            (RunStatus::Error, ThreadStatus::Error, Some(error))
        }
        RunOutcome::Cancelled => (RunStatus::Interrupted, ThreadStatus::Interrupted, None),
    };
    Verdict {
        outcome: Outcome {
            status: run_status,
            shown: None,
            values: values.clone(),
            interrupts: flat,
            error: error.clone(),
        },
        thread: ThreadEnd {
            status: thread_status,
            values,
            error,
            interrupts: for_thread,
        },
        rollback: false,
    }
}

/// Interrupts in the thread's form (no `response_schema` that is null) and flattened in task order as streams show them.
pub(crate) fn interrupts(raw: &RawJson) -> (RawJson, Vec<Box<RawValue>>) {
    let Ok(mut by_task) = raw.parse::<JsonObject>() else {
        return (RawJson::empty_object(), Vec::new());
    };
    let mut flat = Vec::new();
    for list in by_task.values_mut().filter_map(Value::as_array_mut) {
        for interrupt in list {
            if let Ok(raw) = serde_json::value::to_raw_value(&InStreams::of(interrupt)) {
                flat.push(raw);
            }
            if let Some(object) = interrupt.as_object_mut() {
                object.retain(|key, value| key != "response_schema" || !value.is_null());
            }
        }
    }
    (RawJson::of(&by_task), flat)
}

/// An interrupt as streams and waits show it.
#[derive(Serialize)]
struct InStreams<'a> {
    value: &'a Value,
    id: &'a Value,
    response_schema: &'a Value,
}

impl<'a> InStreams<'a> {
    fn of(interrupt: &'a Value) -> Self {
        Self {
            value: &interrupt["value"],
            id: &interrupt["id"],
            response_schema: &interrupt["response_schema"],
        }
    }
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
fn give_up(lease: &Lease, live: &Live) {
    let worker = lease.worker();
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

async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[expect(clippy::unnecessary_wraps, reason = "as `verdict` takes them")]
mod tests {
    use super::*;

    fn end(status: RunOutcome, next: &[&str], interrupts: &str) -> Option<RunEnd> {
        Some(RunEnd {
            status,
            error: None,
            diagnostic: None,
            next: next.iter().map(ToString::to_string).collect(),
            interrupts: RawJson::from_text(interrupts.to_owned()).unwrap(),
            has_values: true,
        })
    }

    fn values() -> Option<RawJson> {
        Some(RawJson::from_text(r#"{"n":1}"#.into()).unwrap())
    }

    fn stop(action: StopAction) -> Option<Stop> {
        Some(Stop {
            action,
            reason: "asked".into(),
        })
    }

    #[test]
    fn a_graph_that_stops_with_work_left_leaves_its_thread_interrupted() {
        for (next, interrupts, thread) in [
            (&[][..], "{}", ThreadStatus::Idle),
            (&["b"][..], "{}", ThreadStatus::Interrupted),
            (
                &["b"][..],
                r#"{"t":[{"id":"i","value":1,"response_schema":null}]}"#,
                ThreadStatus::Interrupted,
            ),
        ] {
            let verdict = verdict(end(RunOutcome::Success, next, interrupts), values(), None);
            assert_eq!(
                (verdict.outcome.status, verdict.thread.status),
                (RunStatus::Success, thread)
            );
            assert_eq!(verdict.thread.values, values());
        }
    }

    #[test]
    fn a_stop_wins_over_what_the_worker_answers() {
        let interrupted = verdict(
            end(RunOutcome::Success, &[], "{}"),
            values(),
            stop(StopAction::Interrupt),
        );
        assert_eq!(
            (interrupted.outcome.status, interrupted.thread.status),
            (RunStatus::Interrupted, ThreadStatus::Interrupted)
        );
        assert_eq!(
            interrupted.thread.error,
            Some(RunError::new("UserInterrupt", "asked"))
        );
        assert!(
            interrupted.outcome.error.is_none(),
            "streams of cancelled runs close without an error"
        );
        let timed_out = verdict(None, values(), stop(StopAction::TimeOut));
        assert_eq!(
            (timed_out.outcome.status, timed_out.thread.status),
            (RunStatus::Timeout, ThreadStatus::Error)
        );
        assert_eq!(
            timed_out.outcome.error,
            Some(RunError::new("TimeoutError", "asked"))
        );
        assert_eq!(timed_out.thread.values, values());
        let unsaved = verdict(None, values(), stop(StopAction::StoreFailed));
        assert_eq!(
            (unsaved.outcome.status, unsaved.thread.status),
            (RunStatus::Error, ThreadStatus::Error)
        );
        assert_eq!(
            unsaved.outcome.error,
            Some(RunError::new("StoreError", "asked"))
        );
        assert_eq!(unsaved.thread.values, None);
        let rolled_back = verdict(None, values(), stop(StopAction::Rollback));
        assert!(rolled_back.rollback && rolled_back.thread.values.is_none());
        assert_eq!(rolled_back.thread.status, ThreadStatus::Idle);
    }

    #[test]
    fn interrupts_lose_a_null_schema_on_the_thread_and_keep_it_in_streams() {
        let raw = RawJson::from_text(r#"{"t":[{"id":"i","value":1,"response_schema":null}],"u":[{"id":"j","value":2,"response_schema":{}}]}"#.into()).unwrap();
        let (thread, flat) = interrupts(&raw);
        assert_eq!(
            thread.get(),
            r#"{"t":[{"id":"i","value":1}],"u":[{"id":"j","value":2,"response_schema":{}}]}"#
        );
        assert_eq!(
            flat[0].get(),
            r#"{"value":1,"id":"i","response_schema":null}"#
        );
        assert_eq!(flat.len(), 2);
    }
}
