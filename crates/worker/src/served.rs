//! The streams that a worker has opened: what its app sends and gets when it has the server answer a request after all.
//!
//! They are the mirror of [`crate::stream`]: here the worker is who calls. Its data goes into a queue without a bound, which credit keeps
//! short, and whoever answers takes it from there; nobody waits for whoever answers but the worker that asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::connection::{Connection, Violation, error_frame};
use crate::credit::{Admission, Allowance, Credit, Grants, Over, WorkedOff};
use crate::frame::{Frame, FrameError, Kind};
use crate::messages::json;
use crate::{CallbackError, Message, SendError};

/// The streams that a worker has opened and that have not been answered.
#[derive(Default)]
pub(crate) struct Served {
    table: Mutex<HashMap<u64, OpenedByWorker>>,
}

/// One of them, as whoever reads the connection sees it.
struct OpenedByWorker {
    inbox: mpsc::UnboundedSender<Frame>,
    allowance: Arc<Allowance>,
    grants: Grants,
    cancelled: CancellationToken,
}

impl Served {
    fn table(&self) -> MutexGuard<'_, HashMap<u64, OpenedByWorker>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker has opened this one.
    pub(crate) fn open(&self, connection: &Arc<Connection>, id: u64) -> ServedCall {
        let (inbox, arrived) = mpsc::unbounded_channel();
        let allowance = Arc::new(Allowance::new());
        let (grants, credit) = Credit::new();
        let cancelled = CancellationToken::new();
        self.table().insert(
            id,
            OpenedByWorker {
                inbox,
                allowance: Arc::clone(&allowance),
                grants,
                cancelled: cancelled.clone(),
            },
        );
        ServedCall {
            body: ServedBody {
                connection: Arc::clone(connection),
                id,
                arrived,
                allowance,
                worked_off: WorkedOff::default(),
                over: false,
            },
            answer: ServedAnswer {
                connection: Arc::clone(connection),
                id,
                credit,
                cancelled,
                answered: false,
            },
        }
    }

    /// Data has arrived. What comes for a call that is over is left out.
    pub(crate) fn data(&self, frame: Frame) -> Result<(), Violation> {
        let table = self.table();
        let Some(entry) = table.get(&frame.id()) else {
            return Ok(());
        };
        match entry.allowance.spend(frame.size()) {
            Admission::Take => {
                let _ = entry.inbox.send(frame);
                Ok(())
            }
            Admission::Drop => Ok(()),
            Admission::Refuse => Err(Violation::NoCreditOfItsOwn),
        }
    }

    /// The worker takes so many bytes more of an answer.
    pub(crate) fn granted(&self, id: u64, bytes: u64) {
        if let Some(entry) = self.table().get(&id) {
            entry.grants.add(bytes);
        }
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn cancel(&self, id: u64) {
        if let Some(entry) = self.table().get(&id) {
            entry.cancelled.cancel();
        }
    }

    /// The worker has ended: nobody takes answers any more.
    pub(crate) fn close(&self) {
        for entry in std::mem::take(&mut *self.table()).into_values() {
            entry.cancelled.cancel();
        }
    }

    fn forget(&self, id: u64) {
        self.table().remove(&id);
    }
}

/// A call of the worker that streams both ways.
pub struct ServedCall {
    /// What the worker sends.
    pub body: ServedBody,
    /// Where it is answered.
    pub answer: ServedAnswer,
}

/// What a worker sends into a call of its own. Asking for it is what grants the worker more.
pub struct ServedBody {
    connection: Arc<Connection>,
    id: u64,
    arrived: mpsc::UnboundedReceiver<Frame>,
    allowance: Arc<Allowance>,
    worked_off: WorkedOff,
    over: bool,
}

impl ServedBody {
    /// The next piece of a body; none at the end, or when the worker has ended.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            let message = self.next_message().await?;
            if let Some(piece) = message.sections.into_iter().next() {
                return Some(piece);
            }
        }
    }

    /// The next of what is no body; none at the end, or when the worker has ended. Nothing is lost if whoever waits for it stops waiting.
    pub async fn next_message(&mut self) -> Option<Message> {
        if self.over {
            return None;
        }
        let frame = self.arrived.recv().await?;
        self.over = frame.is_last();
        if let Some(bytes) = self.worked_off.add(frame.size(), &self.allowance)
            && !self.over
        {
            self.connection.grant(self.id, bytes);
        }
        let (meta, sections) = frame.into_parts();
        Some(Message { meta, sections })
    }

    /// Whether all of it has been taken.
    pub const fn is_over(&self) -> bool {
        self.over
    }
}

impl Drop for ServedBody {
    fn drop(&mut self) {
        // What still comes is nobody's, and needs no credit.
        self.allowance.lift();
    }
}

/// Where a call of a worker is answered. Dropped without an answer, it is answered by an error.
pub struct ServedAnswer {
    connection: Arc<Connection>,
    id: u64,
    credit: Credit,
    cancelled: CancellationToken,
    answered: bool,
}

impl ServedAnswer {
    /// Sends a piece of the answer; waits while the worker has not worked off enough of those before.
    ///
    /// # Errors
    /// When nobody waits for it any more, or the piece is larger than a frame may be.
    pub async fn send<M: serde::Serialize + Sync>(
        &mut self,
        meta: &M,
        piece: Option<Bytes>,
    ) -> Result<(), SendError> {
        let frame = self.frame(Kind::Data, meta, piece)?;
        let cancelled = self.cancelled.clone();
        tokio::select! {
            () = cancelled.cancelled() => return Err(Over.into()),
            spent = self.credit.spend(frame.size()) => spent?,
        }
        self.pass(frame).await
    }

    /// Answers: with the rest of it, or with all.
    ///
    /// # Errors
    /// As [`ServedAnswer::send`].
    pub async fn reply<M: serde::Serialize + Sync>(
        mut self,
        meta: &M,
        piece: Option<Bytes>,
    ) -> Result<(), SendError> {
        let frame = self.frame(Kind::Reply, meta, piece)?;
        self.answered = true;
        self.pass(frame).await
    }

    /// Answers that it cannot be done.
    pub async fn fail(mut self, error: &CallbackError) {
        self.answered = true;
        let _ = self.pass(error_frame(self.id, error)).await;
    }

    /// Resolves when nobody waits for the answer any more.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    fn frame<M: serde::Serialize>(
        &self,
        kind: Kind,
        meta: &M,
        piece: Option<Bytes>,
    ) -> Result<Frame, FrameError> {
        Frame::new(kind, self.id, json(meta), piece.into_iter().collect())
    }

    async fn pass(&self, frame: Frame) -> Result<(), SendError> {
        if self.connection.send(frame).await {
            Ok(())
        } else {
            Err(Over.into())
        }
    }
}

impl Drop for ServedAnswer {
    fn drop(&mut self) {
        self.connection.served().forget(self.id);
        if !self.answered {
            let frame = error_frame(self.id, &CallbackError::unanswered());
            self.connection.send_later(frame);
        }
    }
}
