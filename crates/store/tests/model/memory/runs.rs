//! Runs in memory.

use lgx_model::query::{Page, RunSearch};
use lgx_model::{
    JsonObject, MultitaskStrategy, RawJson, Run, RunError, RunId, RunStatus, Thread, ThreadId,
    ThreadStatus, Timestamp,
};
use lgx_store::runs::{
    Admission, Admitted, Again, CancelTarget, Cancelled, Claim, Claimed, Displaced, Finish,
    Finished, FoundRun, GivenUp, GoingOn, MOST_ATTEMPTS, NewRun, Recovered, StopOrder, StoppedRun,
};
use lgx_store::threads::{NewThread, ThreadWithCommands};
use serde_json::Value;

use super::threads::IsBehind;
use super::{Memory, may_see, page_of};
use crate::operation::Caller;
use crate::perform::order;

/// A run, and what of it is not shown.
pub(super) struct KeptRun {
    pub(super) run: Run,
    attempts: u32,
    claims: i64,
    stop: Option<StopOrder>,
}

impl KeptRun {
    fn claim(&self) -> Claim {
        Claim {
            thread_id: self.run.thread_id,
            run_id: self.run.run_id,
            number: self.claims,
        }
    }
}

const fn is_active(run: &Run) -> bool {
    matches!(run.status, RunStatus::Pending | RunStatus::Running)
}

/// The config of a thread once a run has brought its own: keys replace those that are there, but in `configurable` they give way.
fn joined(mut present: JsonObject, brought: &JsonObject) -> JsonObject {
    let object = |value: Option<&Value>| {
        value
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let mut configurable = object(brought.get("configurable"));
    configurable.extend(object(present.remove("configurable").as_ref()));
    present.extend(brought.clone());
    present.insert("configurable".to_owned(), configurable.into());
    present
}

fn label(new: &NewRun, metadata: &mut JsonObject) {
    metadata.insert("graph_id".to_owned(), new.graph_id.clone().into());
    let assistant_id = new.run.assistant_id.to_string();
    metadata.insert("assistant_id".to_owned(), assistant_id.into());
}

impl Memory {
    fn kept_run(&mut self, run_id: RunId) -> Option<&mut KeptRun> {
        self.runs
            .values_mut()
            .find(|kept| kept.run.run_id == run_id)
    }

    fn remove_run(&mut self, run_id: RunId) {
        self.runs.retain(|_, kept| kept.run.run_id != run_id);
    }

    /// The runs of a thread that have not ended, the first made first.
    fn active_runs(&self, thread_id: ThreadId) -> Vec<(RunId, RunStatus)> {
        let active = self.runs.values().map(|kept| &kept.run);
        let active = active.filter(|run| run.thread_id == thread_id && is_active(run));
        active.map(|run| (run.run_id, run.status)).collect()
    }

    /// Has a thread the status that it is to have by its runs.
    pub(super) fn settle(&mut self, thread_id: ThreadId) -> Option<ThreadStatus> {
        let is_busy = !self.active_runs(thread_id).is_empty();
        let kept = self.threads.get_mut(&thread_id)?;
        kept.thread.status = if is_busy {
            ThreadStatus::Busy
        } else {
            kept.resting
        };
        Some(kept.thread.status)
    }

    fn tell(&mut self, run_id: RunId, order: &StopOrder) {
        if let Some(kept) = self.kept_run(run_id) {
            kept.stop.get_or_insert_with(|| order.clone());
        }
    }

    fn interrupt(&mut self, run_id: RunId, now: Timestamp) {
        if let Some(kept) = self.kept_run(run_id) {
            kept.run.status = RunStatus::Interrupted;
            kept.run.updated_at = now;
        }
    }

    pub(super) fn admit(&mut self, new: NewRun, now: Timestamp, caller: Caller) -> Admission {
        let thread_id = new.run.thread_id;
        let found = self.threads.get(&thread_id).map(|kept| kept.thread.clone());
        let is_new = found.is_none();
        let mut run = new.run.clone();
        let mut displaced = Displaced::default();
        let thread = match found {
            None if !new.create_thread => return Admission::ThreadNotFound,
            None => {
                let mut metadata = new.thread_metadata.clone();
                label(&new, &mut metadata);
                let thread = NewThread {
                    thread_id,
                    metadata,
                    ttl: new.thread_ttl,
                    now,
                };
                let config = joined(JsonObject::new(), &new.config_for_thread);
                self.insert_thread(thread, ThreadStatus::Busy, config)
            }
            Some(thread) if !may_see(caller, &thread.metadata) => return Admission::ThreadNotFound,
            Some(mut thread) => {
                let Some(gave_way) = self.displace(&new, now) else {
                    return Admission::Busy;
                };
                displaced = gave_way;
                run.metadata.extend(thread.metadata.clone());
                run.metadata.extend(new.own_metadata.clone());
                let whole = Value::Object(run.metadata.clone());
                run.kwargs.config.insert("metadata".to_owned(), whole);
                label(&new, &mut thread.metadata);
                thread.config = joined(thread.config, &new.config_for_thread);
                thread.status = ThreadStatus::Busy;
                thread.updated_at = now;
                if let Some(kept) = self.threads.get_mut(&thread_id) {
                    kept.thread = thread.clone();
                }
                thread
            }
        };
        let is_before = |other: &Run| {
            other.thread_id == thread_id
                && is_active(other)
                && (other.status == RunStatus::Running || other.created_at <= now)
        };
        let is_blocked = self.runs.values().any(|kept| is_before(&kept.run));
        let starts = new.may_start && run.created_at <= now && !is_blocked;
        run.status = if starts {
            RunStatus::Running
        } else {
            RunStatus::Pending
        };
        let sequence = self.next_sequence();
        let kept = KeptRun {
            run: run.clone(),
            attempts: starts.into(),
            claims: starts.into(),
            stop: None,
        };
        let claim = kept.claim();
        self.runs.insert(sequence, kept);
        let reads = starts && !is_new;
        let admitted = Box::new(Admitted {
            run,
            thread,
            checkpoint: self.checkpoints.get(thread_id, "", None).filter(|_| reads),
            displaced,
            claim,
        });
        if starts {
            Admission::Started(admitted)
        } else {
            Admission::Queued(admitted)
        }
    }

    /// What has to give way to a new run; nothing when it is refused.
    fn displace(&mut self, new: &NewRun, now: Timestamp) -> Option<Displaced> {
        let mut displaced = Displaced::default();
        let strategy = new.run.multitask_strategy;
        if strategy == MultitaskStrategy::Enqueue {
            return Some(displaced);
        }
        for (run_id, status) in self.active_runs(new.run.thread_id) {
            match (strategy, status) {
                (MultitaskStrategy::Reject, _) => return None,
                (_, RunStatus::Running) => {
                    let rollback = strategy == MultitaskStrategy::Rollback;
                    self.tell(run_id, &StopOrder::displaced(rollback));
                    displaced.stop.push(run_id);
                }
                (MultitaskStrategy::Rollback, _) => {
                    self.remove_run(run_id);
                    displaced.deleted.push(run_id);
                }
                _ => {
                    self.interrupt(run_id, now);
                    displaced.interrupted.push(run_id);
                }
            }
        }
        Some(displaced)
    }

    pub(super) fn claim(&mut self, now: Timestamp) -> Option<Claimed> {
        let running: Vec<ThreadId> = self
            .runs
            .values()
            .filter(|kept| kept.run.status == RunStatus::Running)
            .map(|kept| kept.run.thread_id)
            .collect();
        let waits = |kept: &&mut KeptRun| {
            kept.run.status == RunStatus::Pending
                && kept.run.created_at <= now
                && !running.contains(&kept.run.thread_id)
        };
        // Of several that are as old, the one that was made first.
        let next = self
            .runs
            .values_mut()
            .filter(waits)
            .min_by_key(|kept| kept.run.created_at)?;
        next.run.status = RunStatus::Running;
        next.attempts += 1;
        next.claims += 1;
        let (run, attempt, claim) = (next.run.clone(), next.attempts, next.claim());
        Some(Claimed {
            checkpoint: self.checkpoints.get(run.thread_id, "", None),
            run,
            attempt,
            claim,
        })
    }

    fn running_run(&mut self, thread_id: ThreadId, run_id: RunId) -> Option<&mut KeptRun> {
        let is_running = |run: &Run| run.status == RunStatus::Running && run.thread_id == thread_id;
        self.kept_run(run_id).filter(|kept| is_running(&kept.run))
    }

    pub(super) fn execute_again(&mut self, thread_id: ThreadId, run_id: RunId) -> Option<Again> {
        let kept = self.running_run(thread_id, run_id)?;
        kept.attempts += 1;
        let attempt = kept.attempts;
        Some(Again {
            checkpoint: self.checkpoints.get(thread_id, "", None),
            attempt,
        })
    }

    pub(super) fn finish(
        &mut self,
        thread_id: ThreadId,
        run_id: RunId,
        end: &Finish,
        now: Timestamp,
    ) -> Finished<Vec<ThreadId>> {
        let mut finished = Finished {
            more_pending: false,
            goes_on_elsewhere: false,
            thread: None,
            run: None,
            is_behind: false,
            report: None,
            ended: Vec::new(),
        };
        if let Some(kept) = self.running_run(thread_id, run_id) {
            kept.run.status = end.status;
            kept.run.updated_at = now;
            finished.run = Some(kept.run.clone());
            finished.thread = self.leave(thread_id, run_id, end, now);
            let behind = self.threads.get(&thread_id).map(|kept| kept.behind);
            finished.is_behind = behind.is_some_and(|behind| behind != IsBehind::Nothing);
            if end.delete_thread {
                self.remove_thread(thread_id);
                finished.ended.push(thread_id);
                finished.is_behind = false;
            }
        } else {
            let kept = self.kept_run(run_id);
            finished.goes_on_elsewhere = kept.is_some();
        }
        let pending = |kept: &KeptRun| kept.run.status == RunStatus::Pending;
        finished.more_pending = self.runs.values().any(pending);
        finished
    }

    /// What a run leaves on its thread, or takes back.
    fn leave(
        &mut self,
        thread_id: ThreadId,
        run_id: RunId,
        end: &Finish,
        now: Timestamp,
    ) -> Option<Thread> {
        if end.rollback && !end.delete_thread {
            self.checkpoints
                .delete_for_runs(&[run_id.to_string()], &[thread_id]);
            self.remove_run(run_id);
        }
        let newest = self.checkpoints.newest(thread_id);
        let is_newest = newest.is_some_and(|row| row.run_id == Some(run_id.to_string()));
        let kept = self.threads.get_mut(&thread_id)?;
        let thread = &mut kept.thread;
        thread.error.clone_from(&end.thread.error);
        thread.updated_at = now;
        thread.state_updated_at = now;
        if !end.rollback {
            let left = end.thread.clone();
            thread.status = left.status;
            thread.interrupts = left.interrupts;
            kept.resting = left.status;
            if let Some(values) = left.values {
                thread.values = values;
                kept.behind = IsBehind::Nothing;
            } else if left.is_behind && is_newest {
                kept.behind = kept.behind.max(IsBehind::Values);
            }
        }
        if end.delete_thread {
            return Some(thread.clone());
        }
        self.settle(thread_id);
        self.thread(thread_id, Caller::Server)
    }

    pub(super) fn cancel(
        &mut self,
        which: &CancelTarget,
        rollback: bool,
        now: Timestamp,
        caller: Caller,
    ) -> Cancelled {
        let found: Vec<&Run> = match which {
            CancelTarget::Runs(thread_id, run_ids) => {
                let of_thread = |run: &&Run| run.thread_id == *thread_id;
                let run_of = |id: &RunId| {
                    self.runs
                        .values()
                        .map(|kept| &kept.run)
                        .find(|run| run.run_id == *id)
                };
                run_ids
                    .iter()
                    .filter_map(run_of)
                    .filter(of_thread)
                    .collect()
            }
            CancelTarget::Status(statuses) => {
                let runs = self.runs.values().map(|kept| &kept.run);
                runs.filter(|run| is_active(run) && statuses.contains(&run.status))
                    .collect()
            }
        };
        let visible = found
            .into_iter()
            .filter(|run| self.thread(run.thread_id, caller).is_some());
        let found: Vec<Run> = visible.cloned().collect();
        let of = |status| found.iter().filter(move |run| run.status == status);
        let ids = |status| of(status).map(|run| run.run_id).collect::<Vec<_>>();
        let mut cancelled = Cancelled {
            pending: ids(RunStatus::Pending),
            running: ids(RunStatus::Running),
            threads: Vec::new(),
        };
        let mut threads: Vec<ThreadId> = of(RunStatus::Pending).map(|run| run.thread_id).collect();
        threads.sort_unstable();
        threads.dedup();
        for &run_id in &cancelled.pending {
            if rollback {
                self.remove_run(run_id);
            } else {
                self.interrupt(run_id, now);
            }
        }
        for thread_id in threads {
            let status = self.settle(thread_id);
            cancelled
                .threads
                .extend(status.map(|status| (thread_id, status)));
        }
        for &run_id in &cancelled.running {
            self.tell(run_id, &order(rollback));
        }
        cancelled
    }

    pub(super) fn delete_run(
        &mut self,
        thread_id: ThreadId,
        run_id: RunId,
        caller: Caller,
    ) -> Option<ThreadStatus> {
        self.run(thread_id, run_id, caller)?;
        self.checkpoints
            .delete_for_runs(&[run_id.to_string()], &[thread_id]);
        self.remove_run(run_id);
        self.settle(thread_id)
    }

    pub(super) fn run(&self, thread_id: ThreadId, run_id: RunId, caller: Caller) -> Option<Run> {
        self.thread(thread_id, caller)?;
        let mut runs = self.runs.values().map(|kept| &kept.run);
        runs.find(|run| run.run_id == run_id && run.thread_id == thread_id)
            .cloned()
    }

    /// Runs of which this holds, the newest first.
    fn newest_first(&self, matches: impl Fn(&Run) -> bool) -> Vec<&KeptRun> {
        let mut found: Vec<&KeptRun> = self.runs.values().rev().collect();
        found.retain(|kept| matches(&kept.run));
        found.sort_by_key(|kept| std::cmp::Reverse(kept.run.created_at));
        found
    }

    pub(super) fn runs_of_thread(
        &self,
        thread_id: ThreadId,
        status: Option<RunStatus>,
        page: Page,
        caller: Caller,
    ) -> Option<Vec<Run>> {
        self.thread(thread_id, caller)?;
        let found = self.newest_first(|run| {
            run.thread_id == thread_id && status.is_none_or(|status| run.status == status)
        });
        Some(page_of(
            found.iter().map(|kept| kept.run.clone()).collect(),
            page,
        ))
    }

    pub(super) fn runs_that_match(&self, search: &RunSearch, caller: Caller) -> Vec<FoundRun> {
        let found = self.newest_first(|run| {
            let graph_id = search.graph_id.as_deref();
            search.status.is_none_or(|status| run.status == status)
                && graph_id.is_none_or(|graph_id| run.kwargs.graph_id() == Some(graph_id))
                && search.thread_id.is_none_or(|id| run.thread_id == id)
                && search
                    .created_after
                    .is_none_or(|time| run.created_at >= time)
                && search
                    .created_before
                    .is_none_or(|time| run.created_at < time)
                && self.thread(run.thread_id, caller).is_some()
        });
        let found = found.into_iter().map(|kept| FoundRun {
            run: kept.run.clone(),
            attempts: kept.attempts,
            generation: None,
            started_at: None,
        });
        found.collect()
    }

    pub(super) fn visible_active_runs(
        &self,
        thread_id: ThreadId,
        caller: Caller,
    ) -> Vec<(RunId, RunStatus)> {
        match self.thread(thread_id, caller) {
            Some(_) => self.active_runs(thread_id),
            None => Vec::new(),
        }
    }

    pub(super) fn thread_to_answer(
        &self,
        thread_id: ThreadId,
        caller: Caller,
    ) -> Option<ThreadWithCommands> {
        let thread = self.thread(thread_id, caller)?;
        let mut active = self.newest_first(|run| run.thread_id == thread_id && is_active(run));
        active.sort_by_key(|kept| kept.run.status == RunStatus::Pending);
        let commands = active.iter().map(|kept| kept.run.kwargs.command.clone());
        Some(ThreadWithCommands {
            thread,
            commands: commands.collect::<Vec<RawJson>>(),
        })
    }

    pub(super) fn next_due_run(&self, now: Timestamp) -> Option<Timestamp> {
        let pending = self
            .runs
            .values()
            .filter(|kept| kept.run.status == RunStatus::Pending);
        pending
            .map(|kept| kept.run.created_at)
            .filter(|due| *due > now)
            .min()
    }

    pub(super) fn recover(
        &mut self,
        now: Timestamp,
        stopped: impl Fn(&StopOrder) -> Finish,
    ) -> Recovered {
        let mut recovered = Recovered::default();
        let left = |memory: &Self| {
            let running = memory
                .runs
                .values()
                .filter(|kept| kept.run.status == RunStatus::Running);
            running
                .map(|kept| (kept.run.clone(), kept.stop.clone(), kept.attempts))
                .collect::<Vec<_>>()
        };
        for (run, order, _) in left(self) {
            if let Some(order) = order {
                let end = stopped(&order);
                let ended = self.end_left(&run, end, now);
                recovered
                    .stopped
                    .extend(ended.map(|run| StoppedRun { run, order }));
            }
        }
        for (run, _, attempts) in left(self) {
            if attempts >= MOST_ATTEMPTS {
                let error = RunError::new(
                    "TooManyAttempts",
                    "the run was cut off in each of its 3 attempts, the last time by the end of the server; it is not tried again",
                );
                let ended = self.end_left(&run, Finish::failed(error.clone(), now), now);
                recovered
                    .given_up
                    .extend(ended.map(|run| GivenUp { run, error }));
            }
        }
        for kept in self.runs.values_mut() {
            if kept.run.status == RunStatus::Running {
                kept.run.status = RunStatus::Pending;
                kept.claims += 1;
            }
        }
        let busy: Vec<ThreadId> = self.threads.keys().copied().collect();
        for thread_id in busy {
            let is_free = self.active_runs(thread_id).is_empty();
            let kept = self.threads.get_mut(&thread_id);
            if let Some(kept) =
                kept.filter(|kept| is_free && kept.thread.status == ThreadStatus::Busy)
            {
                kept.thread.status = kept.resting;
                kept.thread.updated_at = now;
            }
        }
        let mut going_on =
            self.newest_first(|run| run.status == RunStatus::Pending && run.created_at <= now);
        going_on.reverse();
        let going_on = going_on.iter().map(|kept| GoingOn {
            run_id: kept.run.run_id,
            thread_id: kept.run.thread_id,
            attempt: kept.attempts + 1,
        });
        recovered.going_on = going_on.collect();
        recovered
    }

    fn end_left(&mut self, run: &Run, end: Finish, now: Timestamp) -> Option<Run> {
        let end = Finish {
            delete_thread: run.kwargs.temporary,
            ..end
        };
        self.finish(run.thread_id, run.run_id, &end, now).run
    }
}
