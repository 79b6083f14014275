//! Reading checkpoints from the server, and writing those of a run when its durability says so.

use bytes::Bytes;
use lgx_model::checkpoint::ChannelBlob;
use lgx_model::{CheckpointRow, CheckpointTuple, RunId, ThreadId};
use lgx_worker::{Callback, CallbackReply, ListCheckpoints, Message, RemoteError};
use serde_json::Value;

use super::connection::{Link, refusal};

/// The checkpoint of this id, or the newest, of the thread's root.
pub(super) async fn get(
    link: &Link,
    thread_id: ThreadId,
    id: Option<String>,
) -> Result<Option<CheckpointTuple>, RemoteError> {
    let call = Callback::GetCheckpoint {
        thread_id,
        checkpoint_ns: String::new(),
        checkpoint_id: id,
    };
    match link.ask(call).await? {
        CallbackReply::Tuple { tuple } => Ok(tuple.map(|tuple| *tuple)),
        other => Err(unexpected(&other)),
    }
}

/// Checkpoints, newest first.
pub(super) async fn list(
    link: &Link,
    list: ListCheckpoints,
) -> Result<Vec<CheckpointTuple>, RemoteError> {
    match link.ask(Callback::ListCheckpoints(list)).await? {
        CallbackReply::Tuples { tuples, .. } => Ok(tuples),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(reply: &CallbackReply) -> RemoteError {
    refusal(
        "ProtocolError",
        &format!("the server answers {reply:?}"),
        None,
    )
}

/// The tuple that came along with a run.
pub(super) fn prefetched(
    meta: &Value,
    sections: Vec<Bytes>,
) -> Result<Option<CheckpointTuple>, RemoteError> {
    let meta = meta.to_string().into();
    Message { meta, sections }
        .unpack()
        .map_err(|error| refusal("ProtocolError", &error.to_string(), None))
}

/// Writes the checkpoints of one run.
pub(super) enum Saver {
    /// None: nobody needs them.
    Temporary,
    /// Behind the run.
    Behind,
    /// Each before the next step.
    Synchronous,
    /// Only the last one, at the end.
    AtExit(Box<AtExit>),
}

/// The last checkpoint, and what belongs to it.
#[derive(Default)]
pub(super) struct AtExit {
    last: Option<(Option<RunId>, CheckpointRow, Vec<ChannelBlob>)>,
    writes: Vec<Callback>,
}

impl Saver {
    pub(super) fn new(durability: &str, temporary: bool) -> Self {
        match durability {
            _ if temporary => Self::Temporary,
            "sync" => Self::Synchronous,
            "exit" => Self::AtExit(Box::default()),
            _ => Self::Behind,
        }
    }

    pub(super) async fn save(
        &mut self,
        link: &Link,
        callback: Callback,
    ) -> Result<(), RemoteError> {
        match self {
            Self::Temporary => {}
            Self::Behind => link.note(callback),
            Self::Synchronous => drop(link.ask(callback).await?),
            Self::AtExit(exit) => exit.keep(callback),
        }
        Ok(())
    }

    /// Writes what has been held back.
    pub(super) fn finish(self, link: &Link) {
        let Self::AtExit(exit) = self else { return };
        let AtExit { last, writes } = *exit;
        if let Some((run_id, row, new)) = last {
            link.note(Callback::PutCheckpoint { run_id, row, new });
        }
        for callback in writes {
            link.note(callback);
        }
    }
}

impl AtExit {
    fn keep(&mut self, callback: Callback) {
        let Callback::PutCheckpoint {
            run_id,
            mut row,
            mut new,
        } = callback
        else {
            self.writes.push(callback);
            return;
        };
        self.writes.clear();
        if let Some((_, before, older)) = self.last.take() {
            row.parent_checkpoint_id = before.parent_checkpoint_id;
            let unchanged = older
                .into_iter()
                .filter(|old| !new.iter().any(|blob| blob.channel == old.channel))
                .collect::<Vec<_>>();
            new.extend(unchanged);
        }
        self.last = Some((run_id, row, new));
    }
}
