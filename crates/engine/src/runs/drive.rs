//! One run on its way through workers, from the claim to its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lgx_model::{CheckpointTuple, Run, RunError, Runtime, Timestamp};
use lgx_store::StoreError;
use lgx_store::runs::{Claimed, CodeGeneration, PackedRecord, RecordSoFar};
use lgx_worker::{Death, RunNews};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::attempt::{Attempt, stopped};
use super::record::cut_off;
use super::registry::{Asking, Live};
use super::run_request::{MOST_MOVES, is_written_by, run_request};
use super::settle::{Ended, Ending};
use super::survival::{Fate, Loss, PastDeaths, Place, counts, fate};
use super::{Runs, readers, time_limit};
use crate::due::due_at;
use crate::events::feed::RunFeed;
use crate::notice::Notice;
use crate::workers::{Lease, Part, Unavailable};

/// The number of no crew.
const NOBODY: u64 = 0;

/// Executes a run that the store has as running, and settles it.
pub(super) async fn drive(
    runs: &Runs,
    live: Arc<Live>,
    claimed: Claimed,
    slot: OwnedSemaphorePermit,
) {
    let Claimed {
        run,
        checkpoint,
        attempt,
        claim,
    } = claimed;
    live.begin_attempt(attempt);
    live.set_executing(true);
    if claim.is_repeated() {
        take_up_record(runs, &live).await;
    }
    let began = Timestamp::now();
    let limit = time_limit::of(&runs.workers.config(), runs.workers.options());
    let mut drive = Drive {
        runs,
        run: &run,
        live: &live,
        feed: runs.events.feed(&run, attempt).await.under(claim),
        has_begun: false,
        moves: 0,
        past: PastDeaths::of(run.run_id),
        limit,
        // A limit beyond what the clock can count is none.
        over: Instant::now().checked_add(limit),
    };
    let Err(ending) = drive.execute(checkpoint).await;
    // From here on the worker's late writes are dropped.
    live.set_executing(false);
    if matches!(ending, Ending::Suspended) {
        if live.resumable {
            runs.events.flush().await;
        }
        keep_record(runs, &live).await;
        hand_back(runs, &live).await;
        readers::suspend(runs, &live);
        runs.users.forget(run.run_id);
        runs.registry.leave(&live);
        return;
    }
    let ended = Ended {
        run: &run,
        live: &live,
        began,
        feed: drive.feed,
    };
    ended.settle(runs, ending, slot).await;
}

/// A run on its way through workers.
pub(super) struct Drive<'a> {
    pub(super) runs: &'a Runs,
    run: &'a Run,
    pub(super) live: &'a Arc<Live>,
    pub(super) feed: RunFeed,
    /// Whether the stream of this attempt has begun.
    has_begun: bool,
    /// How many workers did not get to the run.
    moves: u32,
    past: PastDeaths,
    /// How long the run may take, and when that is over.
    limit: Duration,
    pub(super) over: Option<Instant>,
}

impl Drive<'_> {
    /// Executes the run on one worker after the other, until it ends.
    async fn execute(&mut self, checkpoint: Option<CheckpointTuple>) -> Result<Infallible, Ending> {
        let (runs, run, live) = (self.runs, self.run, self.live);
        let mut lease = self.lease(runs.workers.serving_run()).await?;
        let mut newest = checkpoint;
        loop {
            let user = runs.users.of(run).await;
            let request = run_request(run, user, newest.as_ref(), self.moves);
            let request = request.map_err(Ending::Failed)?;
            if is_written_by(run, newest.as_ref()) {
                live.has_written_checkpoint();
            }
            // A run that starts from an older checkpoint, or whose checkpoints go with it, has no use for the newest one.
            let checkpoint = newest.as_ref().filter(|_| request.prefetched);
            live.execute_on(lease.process_number(Part::Graph(&request.graph_id)));
            let attempt = live.standing().attempt;
            live.recording().execute_on(CodeGeneration {
                number: lease.generation_number(),
                life: runs.announcements.life().number(),
            });
            runs.announcements
                .placed(live, lease.generation_number(), attempt);
            if runs.workers.options().workers > 1 {
                runs.observer.notice(Notice::RunPlaced {
                    run_id: run.run_id.to_string(),
                    pid: lease.worker_of(Part::Graph(&request.graph_id)).hello().pid,
                });
            }
            // A run that never gets a graph does not begin: its stream is its error alone.
            if lease.has_compiled(&request.graph_id) || run.kwargs.is_event_streaming() {
                self.begin();
            }
            let runtime = lease.runtime_of(Part::Graph(&request.graph_id));
            live.log.asks_apart(runtime == Some(Runtime::Node));
            live.let_ask(Asking {
                secret: lease.secret().clone(),
                user: request.user.clone(),
            });
            (lease, newest) = match self.attempt(&lease, &request, checkpoint).await {
                Attempt::Over(ending) => return Err(ending),
                Attempt::NotBegun => self.move_on(&lease, &request.graph_id).await?,
                Attempt::Died(death) => self.survive(&lease, &death).await?,
            };
        }
    }

    /// The worker has not begun on the run, so the next one does what it was sent.
    async fn move_on(
        &mut self,
        lease: &Lease,
        graph_id: &str,
    ) -> Result<(Lease, Option<CheckpointTuple>), Ending> {
        self.moves += 1;
        if lease.worker_of(Part::Graph(graph_id)).is_dead() {
            // Perhaps of what comes before the first node. The next one says at once that it begins, so that it is known by whom it dies.
            self.moves = self.moves.max(MOST_MOVES);
        }
        let next = self.lease(lease.next()).await?;
        // From here on the last worker's late writes are dropped. What it wrote until now is that the run was to begin.
        self.live.execute_on(NOBODY);
        let newest = self
            .newest_checkpoint()
            .await
            .map_err(|error| unreadable(&error))?;
        Ok((next, newest))
    }

    /// The worker died while it executed the run, which goes on elsewhere, unless that is not to be.
    async fn survive(
        &mut self,
        lease: &Lease,
        death: &Death,
    ) -> Result<(Lease, Option<CheckpointTuple>), Ending> {
        let (runs, live) = (self.runs, self.live);
        if runs.stopping.is_cancelled() || live.lost.is_cancelled() {
            return Err(Ending::Suspended);
        }
        if live.stop.borrow().is_some() {
            return Err(Ending::Abandoned);
        }
        let counted = counts(death);
        if counted {
            self.past.add(death);
        }
        let standing = live.standing();
        if let Fate::Ends(why) = fate(self.run.run_id, standing, death) {
            let loss = Loss::of(why, death, &self.past);
            let error = loss.error(lease.redacts_errors());
            runs.observer.notice(Notice::RunLost {
                run_id: self.run.run_id.to_string(),
                reason: loss.reason,
            });
            return Err(Ending::Failed(error));
        }
        let next = match self.past.place(standing.attempt) {
            Place::Alone if counted => self.lease(lease.alone()).await?,
            _ => self.lease(lease.next()).await?,
        };
        let run = Arc::clone(live);
        let record = record_of_attempt(runs, live);
        let fence = move || {
            // What the dead worker wrote and the store has not seen yet comes too late.
            run.execute_on(NOBODY);
        };
        let claim = live.claim();
        let again = runs.store.execute_again(claim, counted, record, fence);
        let Some(again) = again.await.map_err(|error| unreadable(&error))? else {
            // It was deleted, which says how it ends.
            return Err(Ending::Abandoned);
        };
        if counted {
            live.begin_attempt(again.attempt);
            self.feed.next_attempt(again.attempt);
            self.has_begun = false;
        }
        Ok((next, again.checkpoint))
    }

    /// The run's stream begins, once in each attempt, however many workers it takes until one gets to the run.
    pub(super) fn begin(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.live.log.append(self.feed.begin());
        }
    }

    /// The run streams an event.
    pub(super) fn stream(&mut self, name: String, data: Bytes) {
        let is_read = self.live.log.append(self.feed.stream(name.into(), data));
        // Who comes later does not get it.
        if is_read || self.feed.is_seen() {
            self.live.has_streamed();
        }
    }

    /// The run tells of what it does.
    pub(super) fn note(&self, news: RunNews) {
        let attempt = self.live.standing().attempt;
        let (thread_id, run_id) = (self.run.thread_id, self.run.run_id);
        let announcements = &self.runs.announcements;
        self.runs.keeper.note(self.live);
        let mut recording = self.live.recording();
        if let Some(steps) = news.steps {
            recording.add_steps(steps, attempt, |step| {
                announcements.step(thread_id, run_id, || step.clone());
            });
        }
        if let Some(calls) = news.calls {
            recording.add_calls(calls, |call| {
                announcements.call(thread_id, run_id, || call.clone());
            });
        }
    }

    /// The run has taken too long.
    pub(super) fn time_out(&self) {
        self.live.request_stop(time_limit::stop(self.limit));
    }

    async fn newest_checkpoint(&self) -> Result<Option<CheckpointTuple>, StoreError> {
        let thread_id = self.run.thread_id;
        let newest = self
            .runs
            .store
            .get_checkpoint(thread_id, String::new(), None);
        newest.await.await
    }

    /// A hold on a crew once there is one, unless the run ends before.
    async fn lease(
        &self,
        lease: impl Future<Output = Result<Lease, Unavailable>>,
    ) -> Result<Lease, Ending> {
        let mut stop = self.live.stop.subscribe();
        tokio::select! {
            () = self.runs.stopping.cancelled() => Err(Ending::Suspended),
            () = self.live.lost.cancelled() => Err(Ending::Suspended),
            () = stopped(&mut stop) => Err(Ending::Abandoned),
            () = due_at(self.over) => {
                self.time_out();
                Err(Ending::Abandoned)
            }
            lease = lease => lease.map_err(|error| Ending::Failed(RunError::new("WorkerUnavailable", error.to_string()))),
        }
    }
}

/// What the run did in an earlier life of the server is part of what it does. Without it the run goes on all the same.
async fn take_up_record(runs: &Runs, live: &Live) {
    if let Ok(Some((mut record, log))) = runs.store.get_record_of_own_run(live.run_id).await {
        cut_off(&mut record);
        live.recording().take_up(record, log);
    }
}

/// The attempt is over: what there is to be kept of the run.
pub(super) fn record_of_attempt(runs: &Runs, live: &Live) -> Option<Arc<PackedRecord>> {
    let announcements = &runs.announcements;
    let (thread_id, run_id, now) = (live.thread_id, live.run_id, Timestamp::now());
    let mut recording = live.recording();
    recording.end_attempt(now, |step| {
        announcements.step(thread_id, run_id, || step.clone());
    });
    recording.end_calls(now, |call| {
        announcements.call(thread_id, run_id, || call.clone());
    });
    drop(recording);
    runs.keeper.packed(live)
}

/// The server stops: what the run has done is there when it goes on, if it can be kept.
async fn keep_record(runs: &Runs, live: &Live) {
    if let Some(record) = record_of_attempt(runs, live) {
        let claim = live.claim();
        let kept = runs.store.keep_records(vec![RecordSoFar { claim, record }]);
        let kept = kept.await;
        if let Err(error) = kept {
            tracing::warn!(run_id = %live.run_id, "what a run has done could not be kept: {error}");
        }
    }
}

/// The run goes on elsewhere, or here at the next start: that it did not come to its end was no attempt at it. Where that cannot be noted it
/// counts as cut off.
async fn hand_back(runs: &Runs, live: &Live) {
    if let Err(error) = runs.store.hand_back(live.claim(), false).await {
        tracing::debug!(run_id = %live.run_id, "a run could not be handed back: {error}");
    }
}

fn unreadable(error: &StoreError) -> Ending {
    Ending::Failed(RunError::new("StoreError", error.to_string()))
}

#[cfg(test)]
mod tests;
