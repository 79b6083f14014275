//! One run on its way through workers, from the claim to its end.

use std::sync::Arc;
use std::time::Duration;

use lgx_model::{CheckpointTuple, Run, RunError, Timestamp};
use lgx_store::StoreError;
use lgx_worker::{CallError, RunRequest, Step};
use tokio::sync::watch;

use super::registry::{Asking, Live, Stop};
use super::run_request::run_request;
use super::settle::{Ended, Ending};
use super::{Runs, readers, time_limit};
use crate::due::due_at;
use crate::events::feed::RunFeed;
use crate::workers::{Lease, Part, Unavailable};

/// How long a cancelled run may take to come to its end before it is settled without it.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// A worker that has not turned its event loop for this long, while a run had [`CANCEL_GRACE`] to stop, does not do so any more.
const SILENCE: Duration = Duration::from_secs(3);
/// The number of no generation.
const NOBODY: u64 = 0;
/// How long runs get to notice that the server stops.
const STOP_GRACE: Duration = Duration::from_millis(500);

/// Executes a run that the store has as running, and settles it. Says whether more runs wait.
pub(super) async fn drive(
    runs: &Runs,
    run: Run,
    checkpoint: Option<CheckpointTuple>,
    attempt: u32,
) -> bool {
    let live = runs.registry.enter(&run);
    live.set_executing(true);
    let began = Timestamp::now();
    let feed = runs.events.feed(&run, attempt).await;
    let mut drive = Drive {
        runs,
        run: &run,
        live: &live,
        feed,
    };
    let ending = drive.execute(checkpoint).await;
    // From here on the worker's late writes are dropped.
    live.set_executing(false);
    if matches!(ending, Ending::Suspended) {
        if live.resumable {
            runs.events.flush().await;
        }
        readers::suspend(runs, &live);
        runs.registry.leave(run.run_id);
        return false;
    }
    let ended = Ended {
        run: &run,
        live: &live,
        began,
        feed: drive.feed,
    };
    ended.settle(runs, ending).await
}

/// A run on its way through workers.
struct Drive<'a> {
    runs: &'a Runs,
    run: &'a Run,
    live: &'a Arc<Live>,
    feed: RunFeed,
}

impl Drive<'_> {
    /// Executes the run on one worker after the other, until one of them gets to it.
    async fn execute(&mut self, checkpoint: Option<CheckpointTuple>) -> Ending {
        let (runs, run, live) = (self.runs, self.run, self.live);
        let mut lease = match self.lease(runs.workers.serving()).await {
            Ok(lease) => lease,
            Err(ending) => return ending,
        };
        let limit = time_limit::of(&runs.workers.config(), runs.workers.options());
        let mut newest = checkpoint;
        let mut moves = 0;
        loop {
            let request = match run_request(run, runs.users.of(run), newest.as_ref(), moves) {
                Ok(request) => request,
                Err(error) => return Ending::Failed(error),
            };
            // A run that starts from an older checkpoint, or whose checkpoints go with it, has no use for the newest one.
            let checkpoint = newest.as_ref().filter(|_| request.prefetched);
            live.execute_on(lease.number());
            // A run that never gets a graph does not begin: its stream is its error alone.
            if lease.has_compiled(&request.graph_id) || run.kwargs.is_event_streaming() {
                self.begin();
            }
            live.let_ask(Asking {
                secret: lease.secret().clone(),
                user: request.user.clone(),
            });
            if let Some(ending) = self.attempt(&lease, &request, checkpoint, limit).await {
                return ending;
            }
            lease = match self.lease(lease.successor()).await {
                Ok(lease) => lease,
                Err(ending) => return ending,
            };
            // From here on the last worker's late writes are dropped. What it wrote until now is that the run was to begin.
            live.execute_on(NOBODY);
            newest = match self.newest_checkpoint().await {
                Ok(newest) => newest,
                Err(error) => {
                    return Ending::Failed(RunError::new("StoreError", error.to_string()));
                }
            };
            moves += 1;
        }
    }

    /// The run's stream begins, once, however many workers it takes until one gets to the run.
    fn begin(&mut self) {
        if !self.live.log.started() {
            self.live.log.append(self.feed.begin());
        }
    }

    async fn newest_checkpoint(&self) -> Result<Option<CheckpointTuple>, StoreError> {
        let thread_id = self.run.thread_id;
        let newest = self
            .runs
            .store
            .get_checkpoint(thread_id, String::new(), None);
        newest.await.await
    }

    /// A hold on a generation once there is one, unless the run ends before.
    async fn lease(
        &self,
        lease: impl Future<Output = Result<Lease, Unavailable>>,
    ) -> Result<Lease, Ending> {
        let mut stop = self.live.stop.subscribe();
        tokio::select! {
            () = self.runs.stopping.cancelled() => Err(Ending::Suspended),
            () = stopped(&mut stop) => Err(Ending::Abandoned),
            lease = lease => lease.map_err(|error| Ending::Failed(RunError::new("WorkerUnavailable", error.to_string()))),
        }
    }

    /// Executes a run on one worker. None if the worker did not get to it: then no node has been executed.
    async fn attempt(
        &mut self,
        lease: &Lease,
        request: &RunRequest,
        checkpoint: Option<&CheckpointTuple>,
        limit: Duration,
    ) -> Option<Ending> {
        let (runs, live) = (self.runs, self.live);
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
                    Step::Opened => self.begin(),
                    Step::Event { name, data } => {
                        live.log.append(self.feed.stream(name.into(), data));
                        self.feed.wait_for_capacity().await;
                    }
                    Step::End(end, values) => return Some(Ending::Worker(end, values)),
                    Step::Failed(error) => return failed(error),
                },
                () = runs.stopping.cancelled() => {
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
