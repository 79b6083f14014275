//! The calls that a worker has not answered: who waits for them, whether it has begun on them, and which may be taken back.
//!
//! A worker whose event loop is blocked answers nothing, but most of what it was sent can be done by another one. A call that it has
//! not begun on (it says so with a BEGUN frame before it does) can be sent elsewhere, and so can one that may be answered twice
//! because it only reads. What it has begun on stays with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::CallError;
use crate::death::ExecutingRun;
use crate::messages::Message;
use crate::method::Method;
use crate::run_call::Step;

/// Who waits for the answer to a call.
pub(crate) enum Waiting {
    Call(oneshot::Sender<Result<Message, CallError>>),
    Run(ExecutingRun, mpsc::Sender<Step>),
}

/// The calls of one worker.
#[derive(Default)]
pub(crate) struct Calls {
    table: Mutex<Table>,
    last_id: AtomicU64,
    /// Told of every call that is entered.
    entered: Notify,
    withdrawn: CancellationToken,
}

#[derive(Default)]
struct Table {
    waiting: HashMap<u64, Entry>,
    /// No call is taken any more.
    closed: bool,
}

struct Entry {
    waiting: Waiting,
    /// What it changes must not be changed twice; the worker says when it begins on it.
    changes: bool,
    begun: bool,
}

impl Entry {
    /// Whether somebody waits who could be served by another worker.
    fn can_move(&self) -> bool {
        let wanted = match &self.waiting {
            Waiting::Call(sender) => !sender.is_closed(),
            Waiting::Run(_, steps) => !steps.is_closed(),
        };
        wanted && !(self.changes && self.begun)
    }
}

impl Calls {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the next call.
    pub(crate) fn number(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Notes who waits; false when no call is taken any more.
    pub(crate) fn enter(&self, id: u64, method: Method, waiting: Waiting) -> bool {
        let mut table = self.table();
        if table.closed {
            return false;
        }
        let entry = Entry {
            waiting,
            changes: method.is_begun(),
            begun: false,
        };
        table.waiting.insert(id, entry);
        drop(table);
        self.entered.notify_waiters();
        true
    }

    /// The worker executes this one.
    pub(crate) fn begun(&self, id: u64) {
        if let Some(entry) = self.table().waiting.get_mut(&id) {
            entry.begun = true;
        }
    }

    /// Whether the worker executes this one.
    pub(crate) fn has_begun(&self, id: u64) -> bool {
        let table = self.table();
        table.waiting.get(&id).is_some_and(|entry| entry.begun)
    }

    /// The runs that the worker executes.
    pub(crate) fn executing(&self) -> Vec<ExecutingRun> {
        let table = self.table();
        let begun = table.waiting.values().filter(|entry| entry.begun);
        let mut runs: Vec<ExecutingRun> = begun
            .filter_map(|entry| match entry.waiting {
                Waiting::Run(run, _) => Some(run),
                Waiting::Call(_) => None,
            })
            .collect();
        // Their ids tell their ages.
        runs.sort_by_key(|run| run.run_id);
        runs
    }

    /// Where the events of a run go.
    pub(crate) fn steps(&self, id: u64) -> Option<mpsc::Sender<Step>> {
        match self.table().waiting.get(&id).map(|entry| &entry.waiting) {
            Some(Waiting::Run(_, steps)) => Some(steps.clone()),
            _ => None,
        }
    }

    /// Who waits for an answer that has come.
    pub(crate) fn take(&self, id: u64) -> Option<Waiting> {
        Some(self.table().waiting.remove(&id)?.waiting)
    }

    /// Waits until a call waits.
    pub(crate) async fn any(&self) {
        self.wait_for(|table| !table.waiting.is_empty()).await;
    }

    /// Waits until a call waits that another worker could answer.
    pub(crate) async fn any_to_move(&self) {
        self.wait_for(|table| table.waiting.values().any(Entry::can_move))
            .await;
    }

    async fn wait_for(&self, holds: impl Fn(&Table) -> bool) {
        loop {
            let entered = self.entered.notified();
            tokio::pin!(entered);
            // From here on nothing that is entered is missed.
            entered.as_mut().enable();
            if holds(&self.table()) {
                return;
            }
            entered.await;
        }
    }

    /// Resolves when calls are taken back.
    pub(crate) async fn withdrawn(&self) {
        self.withdrawn.cancelled().await;
    }

    /// Tells those whose calls can be answered by another worker, and takes no more. Gives the numbers of their calls.
    pub(crate) fn withdraw(&self) -> Vec<u64> {
        let mut table = self.table();
        table.closed = true;
        let moved: Vec<(u64, Entry)> = table
            .waiting
            .extract_if(|_, entry| !(entry.changes && entry.begun))
            .collect();
        drop(table);
        self.withdrawn.cancel();
        moved
            .into_iter()
            .map(|(id, entry)| {
                tell_withdrawn(entry.waiting);
                id
            })
            .collect()
    }

    /// The worker has ended. Those whose calls it never began on can go elsewhere; the others find out by being dropped.
    pub(crate) fn close(&self) {
        let mut table = self.table();
        table.closed = true;
        let waiting = std::mem::take(&mut table.waiting);
        drop(table);
        for entry in waiting.into_values() {
            if entry.changes && !entry.begun {
                tell_withdrawn(entry.waiting);
            }
        }
    }
}

fn tell_withdrawn(waiting: Waiting) {
    // Whoever does not listen any more does not need to know.
    match waiting {
        Waiting::Call(sender) => {
            let _ = sender.send(Err(CallError::Withdrawn));
        }
        // There is room: a run that has not begun has shown its input at most.
        Waiting::Run(_, steps) => {
            let _ = steps.try_send(Step::Failed(CallError::Withdrawn));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    type Receiver = oneshot::Receiver<Result<Message, CallError>>;

    fn enter(calls: &Calls, method: Method) -> (u64, Receiver) {
        let (sender, receiver) = oneshot::channel();
        let id = calls.number();
        assert!(calls.enter(id, method, Waiting::Call(sender)));
        (id, receiver)
    }

    fn told(mut receiver: Receiver) -> Option<CallError> {
        receiver.try_recv().ok().and_then(Result::err)
    }

    #[tokio::test]
    async fn what_was_begun_stays_and_what_was_not_or_only_reads_goes_elsewhere() {
        let calls = Calls::default();
        let (begun, of_begun) = enter(&calls, Method::StateUpdate);
        calls.begun(begun);
        let (waiting, of_waiting) = enter(&calls, Method::StateUpdate);
        let (read, of_read) = enter(&calls, Method::StateGet);
        let mut withdrawn = calls.withdraw();
        withdrawn.sort_unstable();
        assert_eq!(withdrawn, [waiting, read]);
        for moved in [of_waiting, of_read] {
            assert!(matches!(told(moved), Some(CallError::Withdrawn)));
        }
        assert!(told(of_begun).is_none() && calls.take(begun).is_some());
        let (sender, _receiver) = oneshot::channel();
        assert!(!calls.enter(9, Method::StateGet, Waiting::Call(sender)));
    }

    #[tokio::test]
    async fn a_worker_that_ended_takes_only_what_it_had_begun_along() {
        let calls = Calls::default();
        let (begun, of_begun) = enter(&calls, Method::Run);
        calls.begun(begun);
        let (_, of_waiting) = enter(&calls, Method::Run);
        let (_, of_read) = enter(&calls, Method::StateGet);
        calls.close();
        assert!(matches!(told(of_waiting), Some(CallError::Withdrawn)));
        assert!(told(of_begun).is_none() && told(of_read).is_none());
    }

    #[tokio::test]
    async fn nobody_has_to_be_relieved_whose_caller_has_left() {
        let calls = Calls::default();
        let (_, left) = enter(&calls, Method::StateGet);
        drop(left);
        calls.any().await;
        let mut waits = std::pin::pin!(calls.any_to_move());
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        let (_, _stays) = enter(&calls, Method::StateGet);
        waits.await;
    }
}
