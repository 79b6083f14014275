//! A call in progress as whoever made it sees it: what comes for it, and what is sent into it.
//!
//! Data comes in order and before the answer, which ends the stream; both directions are independent. See [`crate::credit`] for what
//! holds them back.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::DropGuard;

use crate::connection::Connection;
use crate::credit::{Allowance, Credit, Over, WorkedOff};
use crate::frame::{Frame, FrameError, Kind};
use crate::{Asked, CallError, Message};

/// What comes for a call.
#[derive(Debug)]
pub enum Incoming {
    /// A piece of its stream.
    Data(Message),
    /// Its answer; nothing follows.
    Answer(Result<Message, CallError>),
}

/// What the reader of the connection puts into the queue of a call.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// Data, and how many bytes it took.
    Data(Message, usize),
    Answer(Result<Message, CallError>),
    /// The worker has begun on it. Told only to those who want to hear of it.
    Begun,
    /// The worker asks for what belongs to it. Only of requests.
    Asked(Box<Asked>),
    /// Somebody wants to know when all that came before has been read.
    Mark(oneshot::Sender<()>),
}

/// What may come for a request that the project's app answers.
pub(crate) enum OfApp {
    Incoming(Incoming),
    Begun,
    Asked(Box<Asked>),
}

/// A call in progress: what comes for it. Dropping it before the answer cancels the call.
pub struct StreamCall {
    connection: Arc<Connection>,
    id: u64,
    arrived: mpsc::UnboundedReceiver<Arrived>,
    allowance: Arc<Allowance>,
    worked_off: WorkedOff,
    over: bool,
    // A call in progress keeps its worker alive.
    _alive: Arc<DropGuard>,
}

/// Where data is sent into a call.
pub struct StreamSender {
    connection: Arc<Connection>,
    id: u64,
    credit: Credit,
}

/// Why data could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The call has been answered, or the worker has ended.
    #[error(transparent)]
    Over(#[from] Over),
    /// The data is larger than a frame may be. What is sent piece by piece has no limit.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl StreamCall {
    pub(crate) fn new(
        connection: Arc<Connection>,
        alive: Arc<DropGuard>,
        id: u64,
        arrived: mpsc::UnboundedReceiver<Arrived>,
        allowance: Arc<Allowance>,
    ) -> Self {
        Self {
            connection,
            id,
            arrived,
            allowance,
            worked_off: WorkedOff::default(),
            over: false,
            _alive: alive,
        }
    }

    /// What comes next. Asking for it is what grants the worker more: a call that nobody asks stops, alone.
    pub async fn next(&mut self) -> Incoming {
        loop {
            if let OfApp::Incoming(incoming) = self.next_of_app().await {
                return incoming;
            }
        }
    }

    /// The same for a request that the project's app answers.
    pub(crate) async fn next_of_app(&mut self) -> OfApp {
        loop {
            return match self.arrived.recv().await {
                Some(Arrived::Mark(read)) => {
                    let _ = read.send(());
                    continue;
                }
                Some(Arrived::Begun) => OfApp::Begun,
                Some(Arrived::Asked(asked)) => OfApp::Asked(asked),
                Some(Arrived::Data(message, size)) => {
                    if let Some(bytes) = self.worked_off.add(size, &self.allowance) {
                        self.connection.grant(self.id, bytes);
                    }
                    OfApp::Incoming(Incoming::Data(message))
                }
                Some(Arrived::Answer(answer)) => {
                    self.over = true;
                    OfApp::Incoming(Incoming::Answer(answer))
                }
                None => {
                    self.over = true;
                    let death = Box::new(self.connection.died().await);
                    OfApp::Incoming(Incoming::Answer(Err(CallError::Died(death))))
                }
            };
        }
    }

    /// Whether the worker has begun on it.
    pub fn has_begun(&self) -> bool {
        self.connection.calls().has_begun(self.id)
    }

    /// Tells the worker to stop it; it still answers.
    pub fn cancel(&self) {
        self.allowance.lift();
        self.connection
            .send_later(Frame::bare(Kind::Cancel, self.id));
    }
}

impl Drop for StreamCall {
    fn drop(&mut self) {
        if !self.over {
            self.cancel();
        }
    }
}

impl StreamSender {
    pub(crate) const fn new(connection: Arc<Connection>, id: u64, credit: Credit) -> Self {
        Self {
            connection,
            id,
            credit,
        }
    }

    /// Sends a piece; waits while the worker has not worked off enough of those before.
    pub async fn send(&mut self, message: Message) -> Result<(), SendError> {
        let frame = Frame::new(Kind::Data, self.id, message.meta, message.sections)?;
        self.pass(frame).await
    }

    /// Says that this was all.
    pub async fn finish(self) -> Result<(), SendError> {
        let nothing = Message {
            meta: Bytes::from_static(b"{}"),
            sections: Vec::new(),
        };
        self.finish_with(nothing).await
    }

    /// Sends a piece, and says that this was all.
    pub async fn finish_with(mut self, last: Message) -> Result<(), SendError> {
        let end = Frame::new(Kind::Data, self.id, last.meta, last.sections)?;
        self.pass(end.last()).await
    }

    async fn pass(&mut self, frame: Frame) -> Result<(), SendError> {
        self.credit.spend(frame.size()).await?;
        if self.connection.send(frame).await {
            Ok(())
        } else {
            Err(Over.into())
        }
    }
}
