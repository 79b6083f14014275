//! A server's store in memory, as little as a worker needs.

use std::sync::{Arc, Mutex};

use lgx_model::{CheckpointTuple, ThreadId};
use lgx_worker::{
    Answer, BoxFuture, Callback, CallbackError, CallbackReply, Callbacks, LogLine, Streamed,
};

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) tuples: Mutex<Vec<CheckpointTuple>>,
    pub(crate) logs: Mutex<Vec<LogLine>>,
}

impl Memory {
    /// The newest checkpoint of a thread.
    pub(crate) fn newest(&self, thread_id: ThreadId) -> Option<CheckpointTuple> {
        let tuples = self.tuples.lock().unwrap();
        let newest = tuples
            .iter()
            .filter(|tuple| tuple.row.thread_id == thread_id)
            .max_by_key(|tuple| &tuple.row.checkpoint_id);
        newest.cloned()
    }

    fn apply(&self, call: Callback) -> Result<CallbackReply, CallbackError> {
        let mut tuples = self.tuples.lock().unwrap();
        match call {
            Callback::PutCheckpoint { row, new, .. } => {
                // A value that is not new is found under the version that an older checkpoint wrote.
                let versions = row.channel_versions.clone();
                let known: Vec<_> = tuples
                    .iter()
                    .filter(|tuple| tuple.row.thread_id == row.thread_id)
                    .flat_map(|tuple| tuple.channels.clone())
                    .chain(new)
                    .collect();
                let channels = versions.iter().filter_map(|(channel, version)| {
                    known.iter().rev().find(|blob| {
                        blob.channel == *channel
                            && blob.version == version.as_str().unwrap_or_default()
                    })
                });
                let channels: Vec<_> = channels.cloned().collect();
                assert_eq!(channels.len(), versions.len(), "a channel without a value");
                tuples.push(CheckpointTuple {
                    row,
                    channels,
                    writes: Vec::new(),
                });
                Ok(CallbackReply::Done {})
            }
            Callback::PutWrites {
                checkpoint, writes, ..
            } => {
                let tuple = tuples
                    .iter_mut()
                    .find(|tuple| tuple.row.checkpoint_id == checkpoint.checkpoint_id);
                tuple
                    .ok_or_else(|| CallbackError::store("writes without a checkpoint"))?
                    .writes
                    .extend(writes);
                Ok(CallbackReply::Done {})
            }
            Callback::GetCheckpoint {
                thread_id,
                checkpoint_id,
                ..
            } => {
                let of_thread = tuples
                    .iter()
                    .filter(|tuple| tuple.row.thread_id == thread_id);
                let tuple = match checkpoint_id {
                    Some(id) => of_thread
                        .into_iter()
                        .find(|tuple| tuple.row.checkpoint_id == id),
                    None => of_thread.max_by_key(|tuple| &tuple.row.checkpoint_id),
                };
                Ok(CallbackReply::Tuple {
                    tuple: tuple.cloned().map(Box::new),
                })
            }
            Callback::ListCheckpoints(list) => {
                let mut found: Vec<_> = tuples
                    .iter()
                    .filter(|tuple| {
                        list.thread_id
                            .is_none_or(|thread_id| tuple.row.thread_id == thread_id)
                    })
                    .filter(|tuple| {
                        list.before
                            .as_ref()
                            .is_none_or(|before| tuple.row.checkpoint_id < *before)
                    })
                    .filter(|tuple| {
                        list.filter
                            .iter()
                            .all(|(key, value)| tuple.row.metadata.get(key) == Some(value))
                    })
                    .cloned()
                    .collect();
                found.sort_by(|one, other| other.row.checkpoint_id.cmp(&one.row.checkpoint_id));
                found.truncate(
                    list.limit
                        .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap()),
                );
                Ok(CallbackReply::Tuples {
                    tuples: found,
                    more: false,
                })
            }
            other => Err(CallbackError::store(format!("not in this test: {other:?}"))),
        }
    }
}

/// The memory as a worker's callbacks.
pub(crate) struct Store(pub(crate) Arc<Memory>);

impl Callbacks for Store {
    fn accept(&self, call: Callback, _: Streamed) -> BoxFuture<'_, Answer> {
        let answer: Answer = Box::pin(std::future::ready(self.0.apply(call)));
        Box::pin(std::future::ready(answer))
    }

    fn log(&self, line: LogLine) {
        self.0.logs.lock().unwrap().push(line);
    }
}
