//! The calls that a worker has not answered: who waits for them, whether it has begun on them, and which may be taken back.
//!
//! A worker whose event loop is blocked answers nothing, but most of what it was sent can be done by another one. A call that it has
//! not begun on (it says so with a BEGUN frame before it does) can be sent elsewhere, and so can one that may be answered twice
//! because it only reads. What it has begun on stays with it, and so does a call that it finds to be what blocks it: it would block the
//! next worker too.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lgx_model::RunId;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::connection::Violation;
use crate::credit::{Admission, Allowance, Grants};
use crate::death::ExecutingRun;
use crate::frame::Frame;
use crate::method::Method;
use crate::stream::Arrived;
use crate::{Asked, CallError, Message};

/// Who waits for the answer to a call.
pub(crate) struct Waiting {
    pub(crate) method: Method,
    /// Takes whatever comes at once: nobody who reads the connection waits for whoever reads this.
    pub(crate) inbox: mpsc::UnboundedSender<Arrived>,
    /// What the call streams, if it does.
    pub(crate) stream: Option<Stream>,
    /// The run, if it is one.
    pub(crate) run: Option<ExecutingRun>,
    /// Whether it wants to be told when the worker begins on it. Who need not know is not woken.
    pub(crate) hears_begun: bool,
}

/// The two directions of a stream, as whoever reads the connection sees them.
pub(crate) struct Stream {
    pub(crate) allowance: Arc<Allowance>,
    pub(crate) grants: Grants,
}

impl Waiting {
    fn answer(&self, answer: Result<Message, CallError>) {
        // Whoever does not listen any more does not need to know.
        let _ = self.inbox.send(Arrived::Answer(answer));
    }
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
    begun: bool,
}

impl Entry {
    /// Whether somebody waits who could be served by another worker.
    fn can_move(&self) -> bool {
        !self.waiting.inbox.is_closed() && !self.stays()
    }

    /// Whether no other worker may do it: what has been begun is not done twice, and what only reads is begun once it blocks its worker.
    const fn stays(&self) -> bool {
        self.begun
    }
}

impl Calls {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the next call. Those of the server are even, those of the worker odd: a number is enough to tell a call.
    pub(crate) fn number(&self) -> u64 {
        self.last_id.fetch_add(2, Ordering::Relaxed) + 2
    }

    /// Notes who waits; false when no call is taken any more.
    pub(crate) fn enter(&self, id: u64, waiting: Waiting) -> bool {
        let mut table = self.table();
        if table.closed {
            return false;
        }
        let entry = Entry {
            waiting,
            begun: false,
        };
        table.waiting.insert(id, entry);
        drop(table);
        self.entered.notify_waiters();
        true
    }

    /// Whether no call is taken any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.table().closed
    }

    /// The worker executes this one. It may say so twice.
    pub(crate) fn begun(&self, id: u64) {
        if let Some(entry) = self.table().waiting.get_mut(&id) {
            let first = !std::mem::replace(&mut entry.begun, true);
            if first && entry.waiting.hears_begun {
                let _ = entry.waiting.inbox.send(Arrived::Begun);
            }
        }
    }

    /// The worker asks for what belongs to a request. Gives it back if the request is not there.
    pub(crate) fn ask(&self, id: u64, asked: Box<Asked>) -> Result<(), Box<Asked>> {
        let table = self.table();
        let Some(entry) = table.waiting.get(&id) else {
            return Err(asked);
        };
        if !entry.waiting.method.is_request() {
            return Err(asked);
        }
        match entry.waiting.inbox.send(Arrived::Asked(asked)) {
            Err(mpsc::error::SendError(Arrived::Asked(asked))) => Err(asked),
            _ => Ok(()),
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
        let mut runs: Vec<ExecutingRun> = begun.filter_map(|entry| entry.waiting.run).collect();
        // Their ids tell their ages.
        runs.sort_by_key(|run| run.run_id);
        runs
    }

    /// Data has arrived for a call. What comes for one that is over is left out.
    pub(crate) fn data(&self, frame: Frame) -> Result<(), Violation> {
        let table = self.table();
        let Some(entry) = table.waiting.get(&frame.id()) else {
            return Ok(());
        };
        let Waiting {
            method,
            inbox,
            stream,
            ..
        } = &entry.waiting;
        let size = frame.size();
        let Some(stream) = stream else {
            return Err(Violation::NoStream(*method));
        };
        match stream.allowance.spend(size) {
            Admission::Take => {
                let (meta, sections) = frame.into_parts();
                let _ = inbox.send(Arrived::Data(Message { meta, sections }, size));
                Ok(())
            }
            Admission::Drop => Ok(()),
            Admission::Refuse => Err(Violation::NoCredit(*method)),
        }
    }

    /// Resolves once whoever reads the stream of a run has read all that has arrived of it. None if it is not there.
    pub(crate) fn mark(&self, run_id: RunId) -> Option<oneshot::Receiver<()>> {
        let table = self.table();
        let mut waiting = table.waiting.values().map(|entry| &entry.waiting);
        let is_it = |waiting: &&Waiting| waiting.run.is_some_and(|run| run.run_id == run_id);
        let (mark, read) = oneshot::channel();
        waiting.find(is_it)?.inbox.send(Arrived::Mark(mark)).ok()?;
        Some(read)
    }

    /// The worker takes so many bytes more of a call's data.
    pub(crate) fn granted(&self, id: u64, bytes: u64) {
        let table = self.table();
        if let Some(stream) = table
            .waiting
            .get(&id)
            .and_then(|entry| entry.waiting.stream.as_ref())
        {
            stream.grants.add(bytes);
        }
    }

    /// The answer to a call has come.
    pub(crate) fn answer(&self, id: u64, answer: Result<Message, CallError>) {
        if let Some(waiting) = self.take(id) {
            waiting.answer(answer);
        }
    }

    /// Forgets a call.
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
            .extract_if(|_, entry| !entry.stays())
            .collect();
        drop(table);
        self.withdrawn.cancel();
        moved
            .into_iter()
            .map(|(id, entry)| {
                entry.waiting.answer(Err(CallError::Withdrawn));
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
            if entry.waiting.method.is_begun() && !entry.begun {
                entry.waiting.answer(Err(CallError::Withdrawn));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    type Inbox = mpsc::UnboundedReceiver<Arrived>;

    fn one_who_waits(method: Method) -> (Waiting, Inbox) {
        let (inbox, arrived) = mpsc::unbounded_channel();
        let waiting = Waiting {
            method,
            inbox,
            stream: None,
            run: None,
            hears_begun: false,
        };
        (waiting, arrived)
    }

    fn enter(calls: &Calls, method: Method) -> (u64, Inbox) {
        let (waiting, arrived) = one_who_waits(method);
        let id = calls.number();
        assert!(calls.enter(id, waiting));
        (id, arrived)
    }

    fn failure(mut arrived: Inbox) -> Option<CallError> {
        match arrived.try_recv() {
            Ok(Arrived::Answer(answer)) => answer.err(),
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_was_begun_or_blocks_stays_and_what_was_not_or_only_reads_goes_elsewhere() {
        let calls = Calls::default();
        let (begun, of_begun) = enter(&calls, Method::StateUpdate);
        calls.begun(begun);
        let (waiting, of_waiting) = enter(&calls, Method::StateUpdate);
        let (read, of_read) = enter(&calls, Method::StateGet);
        let (blocks, of_blocks) = enter(&calls, Method::Auth);
        calls.begun(blocks);
        let mut withdrawn = calls.withdraw();
        withdrawn.sort_unstable();
        assert_eq!(withdrawn, [waiting, read]);
        for moved in [of_waiting, of_read] {
            assert!(matches!(failure(moved), Some(CallError::Withdrawn)));
        }
        for (id, stayed) in [(begun, of_begun), (blocks, of_blocks)] {
            assert!(failure(stayed).is_none() && calls.take(id).is_some());
        }
        assert!(!calls.enter(9, one_who_waits(Method::StateGet).0));
    }

    #[tokio::test]
    async fn a_worker_that_ended_takes_only_what_it_had_begun_along() {
        let calls = Calls::default();
        let (begun, of_begun) = enter(&calls, Method::Run);
        calls.begun(begun);
        let (_, of_waiting) = enter(&calls, Method::Run);
        let (_, of_read) = enter(&calls, Method::StateGet);
        calls.close();
        assert!(matches!(failure(of_waiting), Some(CallError::Withdrawn)));
        assert!(failure(of_begun).is_none() && failure(of_read).is_none());
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
