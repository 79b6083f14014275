//! The runs that have not ended: their logs, how to stop them, and whether they may still write.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lgx_model::{RawJson, Run, RunId, ThreadId};
use lgx_store::StoreError;
use lgx_store::checkpoints::RunWriter;
use lgx_store::runs::{Claim, StopOrder};
use lgx_worker::{Death, ExecutingRun, Secret};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::live_log::LiveLog;
use super::record::Recording;
use super::survival::{Fate, Standing, fate};
use crate::announcements::run_state::RunState;

/// What happens to the work of a run that is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopAction {
    /// It is kept up to the last checkpoint.
    Interrupt,
    /// It is deleted, and the run with it.
    Rollback,
    /// It is kept up to the last checkpoint; the run took too long, which is an error.
    TimeOut,
    /// It is kept up to the last checkpoint that could be saved; that the others could not is an error.
    StoreFailed,
}

/// Why and how a run is to be stopped.
#[derive(Debug, Clone)]
pub struct Stop {
    /// What happens to its work.
    pub action: StopAction,
    /// Who asked, as `thread.error.message` will say.
    pub reason: String,
}

impl Stop {
    /// What the store has of it.
    pub(super) fn of(order: &StopOrder) -> Self {
        Self {
            action: if order.rollback {
                StopAction::Rollback
            } else {
                StopAction::Interrupt
            },
            reason: order.reason.clone(),
        }
    }
}

/// A run that has not ended.
pub struct Live {
    /// Its id.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// Its events.
    pub log: Arc<LiveLog>,
    /// Whether its events have ids, under which clients can come back for what they missed.
    pub resumable: bool,
    /// Set once to stop it.
    pub stop: watch::Sender<Option<Stop>>,
    /// Cancelled once its worker has been told to stop it: nobody is asked on its behalf any more.
    pub told_to_stop: CancellationToken,
    /// Whether its row is there, as far as is known: it was read, or written.
    stored: AtomicBool,
    /// Whether a task drives it, which also tells of its end.
    driven: AtomicBool,
    /// Whether it executes, and so may write checkpoints.
    executing: AtomicBool,
    /// The number of the process that executes it: what another one writes for it is late.
    process: AtomicU64,
    /// Who may ask on its behalf.
    asking: Mutex<Option<Asking>>,
    /// Which attempt at it this is.
    attempt: AtomicU32,
    /// The number of the claim under which it executes here.
    claim: AtomicI64,
    /// Cancelled once it is not this server's to execute any more.
    pub(crate) lost: CancellationToken,
    /// Whether it has a checkpoint of its own.
    has_checkpoint: AtomicBool,
    /// Whether a client may have got an event of its stream beyond its beginning.
    has_streamed: AtomicBool,
    /// What it has done so far.
    recording: Mutex<Recording>,
    /// Whether the keeper knows that there is something new of it.
    noted: AtomicBool,
    /// Whether nothing that it wrote may be saved any more, not even what waits for that already.
    fenced: AtomicBool,
    /// What was announced of it last.
    told: Mutex<Option<RunState>>,
}

/// Requests of the graph itself: what shows that they are, and whose they are.
pub(crate) struct Asking {
    /// The secret of the worker that executes the run.
    pub secret: Secret,
    /// The user of the run; none without auth.
    pub user: Option<RawJson>,
}

impl Live {
    /// Its row is there.
    pub(super) fn is_stored_now(&self) {
        self.stored.store(true, Ordering::Release);
    }

    /// From now on a task drives it, and tells of its end.
    pub(super) fn is_driven_now(&self) {
        self.driven.store(true, Ordering::Release);
    }

    /// Whether a task drives it.
    pub(crate) fn is_driven(&self) -> bool {
        self.driven.load(Ordering::Acquire)
    }

    /// Marks it as executing, or as done with that.
    pub(crate) fn set_executing(&self, executing: bool) {
        self.executing.store(executing, Ordering::Release);
    }

    /// Whether it executes.
    pub(super) fn is_executing(&self) -> bool {
        self.executing.load(Ordering::Acquire)
    }

    /// From now on the process of this number executes it, and no other.
    pub(crate) fn execute_on(&self, process: u64) {
        self.process.store(process, Ordering::Release);
    }

    /// It executes under this claim.
    pub(crate) fn execute_under(&self, claim: Claim) {
        self.claim.store(claim.number, Ordering::Release);
    }

    /// By what right it is written to.
    pub(crate) fn claim(&self) -> Claim {
        Claim {
            thread_id: self.thread_id,
            run_id: self.run_id,
            number: self.claim.load(Ordering::Acquire),
        }
    }

    /// One that has not begun.
    fn of(run: &Run) -> Self {
        Self {
            run_id: run.run_id,
            thread_id: run.thread_id,
            log: LiveLog::new(),
            resumable: run.kwargs.resumable,
            stop: watch::Sender::new(None),
            told_to_stop: CancellationToken::new(),
            stored: AtomicBool::new(false),
            driven: AtomicBool::new(false),
            executing: AtomicBool::new(false),
            process: AtomicU64::new(0),
            asking: Mutex::new(None),
            attempt: AtomicU32::new(1),
            claim: AtomicI64::new(0),
            lost: CancellationToken::new(),
            has_checkpoint: AtomicBool::new(false),
            has_streamed: AtomicBool::new(false),
            recording: Mutex::default(),
            noted: AtomicBool::new(false),
            fenced: AtomicBool::new(false),
            told: Mutex::new(None),
        }
    }

    /// The attempt of this number begins.
    pub(crate) fn begin_attempt(&self, number: u32) {
        self.attempt.store(number, Ordering::Release);
    }

    /// It has a checkpoint of its own from now on.
    pub(crate) fn has_written_checkpoint(&self) {
        self.has_checkpoint.store(true, Ordering::Release);
    }

    /// A client may have got what it streamed.
    pub(crate) fn has_streamed(&self) {
        self.has_streamed.store(true, Ordering::Release);
    }

    /// How far it has come.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            attempt: self.attempt.load(Ordering::Acquire),
            has_checkpoint: self.has_checkpoint.load(Ordering::Acquire),
            has_streamed: self.has_streamed.load(Ordering::Acquire),
        }
    }

    /// What was announced of it last; who announces more holds this meanwhile.
    pub(crate) fn told(&self) -> MutexGuard<'_, Option<RunState>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has done so far. Held for no longer than it takes to look or to add.
    pub(crate) fn recording(&self) -> MutexGuard<'_, Recording> {
        self.recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// There is something new of it; says whether the keeper is to be told that.
    pub(super) fn is_noted_first(&self) -> bool {
        !self.noted.swap(true, Ordering::AcqRel)
    }

    /// What comes from now on is to be told to the keeper.
    pub(super) fn is_noted_no_more(&self) {
        self.noted.store(false, Ordering::Release);
    }

    /// From now on, requests with this secret are the run's own.
    pub(crate) fn let_ask(&self, asking: Asking) {
        *self.asking.lock().unwrap_or_else(PoisonError::into_inner) = Some(asking);
    }

    fn user_of(&self, secret: &str) -> Option<RawJson> {
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let asking = asking.as_ref().filter(|asking| asking.secret.is(secret))?;
        asking.user.clone()
    }

    fn executes_on(&self, process: u64) -> bool {
        self.executing.load(Ordering::Acquire) && self.process.load(Ordering::Acquire) == process
    }

    /// Why it has no good end, if something that it wrote could not be saved.
    pub(crate) fn lost_write(&self) -> Option<String> {
        let stop = self.stop.borrow();
        let lost = stop
            .as_ref()
            .filter(|stop| stop.action == StopAction::StoreFailed);
        lost.map(|stop| stop.reason.clone())
    }

    /// Asks it to stop because the client that wanted its answer is gone.
    pub fn cancel_abandoned(&self) {
        self.cancel("client disconnected from the run stream (on_disconnect=cancel)");
    }

    /// Asks it to stop for this reason, on behalf of whoever made it.
    pub fn cancel(&self, reason: &str) {
        self.request_stop(Stop {
            action: StopAction::Interrupt,
            reason: reason.to_owned(),
        });
    }

    /// Asks it to stop as the database has it.
    pub(crate) fn stop_as_ordered(&self, order: &StopOrder) {
        self.request_stop(Stop::of(order));
    }

    /// Asks it to stop; the first to ask decides how.
    pub(crate) fn request_stop(&self, stop: Stop) {
        self.stop.send_if_modified(|present| {
            let first = present.is_none();
            if first {
                *present = Some(stop);
            }
            first
        });
    }
}

/// A run, as one of its workers writes for it.
pub struct LiveWriter {
    live: Arc<Live>,
    /// The number of the worker's process.
    process: u64,
}

impl RunWriter for LiveWriter {
    fn claim(&self) -> Claim {
        self.live.claim()
    }

    /// Not once what it wrote has been deleted, or cannot be saved; nor when it has gone on elsewhere.
    fn may_write(&self) -> bool {
        let live = &self.live;
        let is_its_worker = live.process.load(Ordering::Acquire) == self.process;
        is_its_worker && !live.fenced.load(Ordering::Acquire)
    }

    /// What it wrote since stands on that, so none of it is saved, and the run ends.
    fn write_failed(&self, error: &StoreError) {
        self.live.fenced.store(true, Ordering::Release);
        self.live.request_stop(Stop {
            action: StopAction::StoreFailed,
            reason: format!("a checkpoint of the run could not be saved: {error}"),
        });
    }

    /// Another server goes on with it, or will.
    fn write_refused(&self) {
        self.live.fenced.store(true, Ordering::Release);
        self.live.lost.cancel();
    }
}

/// A run that may not write any more.
pub struct Fenced {
    /// The run.
    pub live: Arc<Live>,
    /// Whether a task drives it, which hears of this and tells of its end.
    pub is_driven: bool,
}

/// All runs that have not ended.
#[derive(Default)]
pub struct Registry {
    live: Mutex<HashMap<RunId, Arc<Live>>>,
}

impl Registry {
    /// The entry of a run, made if there is none. To be called where it is certain that the run has not ended: when it is
    /// created, or from within a write transaction that read its status.
    pub fn enter(&self, run: &Run) -> Arc<Live> {
        let live = self.enter_before(run);
        live.is_stored_now();
        live
    }

    /// The same for a run that is about to be created.
    pub(super) fn enter_before(&self, run: &Run) -> Arc<Live> {
        let mut all = self.lock();
        let present = all.get(&run.run_id);
        // Whoever drives one that is not this server's any more ends its log.
        if let Some(live) = present.filter(|live| !live.lost.is_cancelled()) {
            return Arc::clone(live);
        }
        let live = Arc::new(Live::of(run));
        all.insert(run.run_id, Arc::clone(&live));
        live
    }

    /// The entry of a run that has not ended.
    pub fn get(&self, run_id: RunId) -> Option<Arc<Live>> {
        self.lock().get(&run_id).cloned()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Arc<Live>> {
        self.lock().values().cloned().collect()
    }

    /// Whether there is any like this.
    pub(super) fn any(&self, which: impl Fn(&Live) -> bool) -> bool {
        self.lock().values().any(|live| which(live))
    }

    /// Those whose rows are there, as far as is known.
    pub(super) fn stored(&self) -> Vec<Arc<Live>> {
        let live = self.lock();
        let stored = live
            .values()
            .filter(|live| live.stored.load(Ordering::Acquire));
        stored.cloned().collect()
    }

    /// Takes the right to write from the runs that `which` picks. To be called within the transaction that deletes them, so that no
    /// late write brings back what is gone.
    pub fn fence(&self, which: impl Fn(&Live) -> bool) -> Vec<Fenced> {
        let live = self.lock();
        let picked = live.values().filter(|live| which(live));
        picked
            .map(|live| {
                live.fenced.store(true, Ordering::Release);
                live.executing.store(false, Ordering::Release);
                Fenced {
                    live: Arc::clone(live),
                    is_driven: live.is_driven(),
                }
            })
            .collect()
    }

    /// Forgets a run that has ended, or is not this server's any more. One that it has taken anew since is another entry, and stays.
    pub fn leave(&self, live: &Arc<Live>) {
        let mut all = self.lock();
        let present = all.get(&live.run_id);
        if present.is_some_and(|present| Arc::ptr_eq(present, live)) {
            all.remove(&live.run_id);
        }
    }

    /// Forgets a run, whichever its entry is, and gives that.
    pub fn take(&self, run_id: RunId) -> Option<Arc<Live>> {
        self.lock().remove(&run_id)
    }

    /// Forgets all runs: the server stops.
    pub fn clear(&self) -> Vec<Arc<Live>> {
        self.lock().drain().map(|(_, live)| live).collect()
    }

    /// The run on whose behalf a write of this process arrives, if it still executes there; what arrives later is not welcome.
    pub(crate) fn writer(&self, run_id: RunId, process: u64) -> Option<LiveWriter> {
        let live = self.executing(run_id, process)?;
        Some(LiveWriter { live, process })
    }

    /// The run, if it executes on this process.
    pub(crate) fn executing(&self, run_id: RunId, process: u64) -> Option<Arc<Live>> {
        let live = self.get(run_id)?;
        live.executes_on(process).then_some(live)
    }

    /// Which of the runs go on that this process executed when it died.
    pub(crate) fn going_on(&self, process: u64, death: &Death) -> Vec<ExecutingRun> {
        let goes_on = |run: &&ExecutingRun| {
            let live = self.executing(run.run_id, process);
            live.is_some_and(|live| {
                let is_stopping = live.stop.borrow().is_some();
                !is_stopping && fate(run.run_id, live.standing(), death) == Fate::GoesOn
            })
        };
        death.runs.iter().filter(goes_on).copied().collect()
    }

    /// The user of a run that executes, for a request that shows by its worker's secret that the run itself makes it.
    pub fn user_of(&self, run_id: RunId, secret: &str) -> Option<RawJson> {
        let live = self.get(run_id)?;
        let user = live.user_of(secret)?;
        live.executing.load(Ordering::Acquire).then_some(user)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_run_that_is_taken_anew_has_an_entry_of_its_own() {
        let registry = Registry::default();
        let run = sample::run(ThreadId::fresh());
        let lost = registry.enter(&run);
        assert!(Arc::ptr_eq(&lost, &registry.enter(&run)));
        // Another server may have it by now, and it may come back before whoever drove it has noticed.
        lost.lost.cancel();
        let anew = registry.enter(&run);
        assert!(!Arc::ptr_eq(&lost, &anew) && !anew.lost.is_cancelled());
        registry.leave(&lost);
        let there = registry.get(run.run_id).unwrap();
        assert!(Arc::ptr_eq(&there, &anew));
        registry.leave(&anew);
        assert!(registry.get(run.run_id).is_none());
    }
}
