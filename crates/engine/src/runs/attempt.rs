//! One attempt at a run on one worker: from the call to its answer, the death of the worker, or a stop.

use std::time::Duration;

use lgx_model::{CheckpointTuple, RunError};
use lgx_worker::{CallError, Death, RunRequest, Step};
use tokio::sync::watch;

use super::Runs;
use super::drive::Drive;
use super::registry::{Live, Stop};
use super::settle::Ending;
use crate::due::due_at;
use crate::workers::{Lease, Part};

/// How long a cancelled run may take to come to its end before it is settled without it.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// A worker that has not turned its event loop for this long, while a run had [`CANCEL_GRACE`] to stop, does not do so any more.
const SILENCE: Duration = Duration::from_secs(3);
/// How long runs get to notice that the server stops.
const STOP_GRACE: Duration = Duration::from_millis(500);

/// What came of an attempt.
pub(super) enum Attempt {
    /// The run has come to its end.
    Over(Ending),
    /// The worker did not get to it: no node has been executed.
    NotBegun,
    /// The worker died while it executed the run.
    Died(Box<Death>),
}

impl Attempt {
    fn failed(error: CallError) -> Self {
        let error = match error {
            CallError::Withdrawn => return Self::NotBegun,
            CallError::Died(death) => return Self::Died(death),
            CallError::Remote(remote) => RunError::new(remote.kind, remote.message),
            other => RunError::new("WorkerError", other.to_string()),
        };
        Self::Over(Ending::Failed(error))
    }
}

impl Drive<'_> {
    /// Executes the run on one worker.
    pub(super) async fn attempt(
        &mut self,
        lease: &Lease,
        request: &RunRequest,
        checkpoint: Option<&CheckpointTuple>,
    ) -> Attempt {
        let (runs, live) = (self.runs, self.live);
        let mut stop = live.stop.subscribe();
        let mut call = match lease
            .worker_of(Part::Graph(&request.graph_id))
            .run(request, checkpoint)
            .await
        {
            Ok(call) => call,
            Err(error) => return Attempt::failed(error),
        };
        let mut deadline = None;
        // Whether there is room for what the run streams next.
        let mut has_room = true;
        loop {
            tokio::select! {
                // What comes without end must not keep a run from its deadlines.
                biased;
                () = stopped(&mut stop), if deadline.is_none() => {
                    call.cancel();
                    live.told_to_stop.cancel();
                    deadline = Some(tokio::time::Instant::now() + CANCEL_GRACE);
                }
                () = due_at(deadline) => {
                    // What has not begun is in nobody's way: the call that is dropped is all there is of it.
                    if call.has_begun() {
                        give_up(lease, live, &request.graph_id);
                    }
                    return Attempt::Over(Ending::Abandoned);
                }
                () = due_at(self.over), if deadline.is_none() => {
                    // Somebody who debugs it has as much time as they take.
                    if lease.worker_of(Part::Graph(&request.graph_id)).is_debugged() {
                        self.over = None;
                    } else {
                        self.time_out();
                    }
                }
                () = self.feed.wait_for_capacity(), if !has_room => has_room = true,
                next = call.next(), if has_room => match next {
                    Step::Opened => self.begin(),
                    Step::Event { name, data } => {
                        self.stream(name, data);
                        has_room = !self.feed.is_written();
                    }
                    Step::News(news) => self.note(*news),
                    Step::End(end, values) => return Attempt::Over(Ending::Worker(end, values)),
                    Step::Failed(error) => return Attempt::failed(error),
                },
                () = suspended(runs, live) => {
                    call.cancel();
                    live.told_to_stop.cancel();
                    // What the run wrote until now is on its way to the store; nothing of it is lost.
                    let _ = tokio::time::timeout(STOP_GRACE, async {
                        loop {
                            match call.next().await {
                                Step::Opened | Step::Event { .. } => {}
                                Step::News(news) => self.note(*news),
                                Step::End(..) | Step::Failed(_) => break,
                            }
                        }
                    }).await;
                    return Attempt::Over(Ending::Suspended);
                }
            }
        }
    }
}

/// A run that does not stop. Its worker has to go when nothing else uses it, or when it does not answer either: then whatever else it
/// executes would never end there. One that is being debugged is left alone: its run most likely stands at a breakpoint.
fn give_up(lease: &Lease, live: &Live, graph_id: &str) {
    let graph = Part::Graph(graph_id);
    let worker = lease.worker_of(graph);
    if worker.is_debugged() {
        return;
    }
    if !lease.shares(graph) || worker.is_silent_for(SILENCE) {
        let reason = format!("run {} did not stop when it was cancelled", live.run_id);
        worker.end(reason, Some(live.run_id));
    }
}

/// Resolves when the run goes on elsewhere, or at the next start.
async fn suspended(runs: &Runs, live: &Live) {
    tokio::select! {
        () = runs.stopping.cancelled() => {}
        () = live.lost.cancelled() => {}
    }
}

/// Resolves when the run is to stop.
pub(super) async fn stopped(stop: &mut watch::Receiver<Option<Stop>>) {
    // The sender lives in the registry's entry, which the drive task holds.
    let _ = stop.wait_for(Option::is_some).await;
}
