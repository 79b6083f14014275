//! Operations on checkpoints.

use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::{CheckpointRow, JsonObject, PendingWrite};
use lgx_store::checkpoints::{ListQuery, NewWrites};
use serde_json::{Value, json};

use super::Generator;
use crate::operation::Operation;

const IDS: [&str; 5] = ["1", "2", "3", "3\0", "4"];
const NAMESPACES: [&str; 4] = ["", "", "child:1", "child\0"];
const CHANNELS: [&str; 4] = ["messages", "n", "a\0", "branch:to:b"];
const VERSIONS: [&str; 3] = ["01", "02", "03\0"];

impl Generator {
    pub(super) fn of_checkpoints(&mut self) -> Operation {
        let thread_id = self.thread_id();
        let ns = self.namespace();
        let id = self.checkpoint_id();
        match self.chance.below(24) {
            0..8 => {
                let (row, channels) = self.checkpoint();
                Operation::PutCheckpoint(Box::new(row), channels)
            }
            8..13 => Operation::PutWrites(self.writes()),
            13 | 14 => Operation::GetCheckpoint(thread_id, ns, self.chance.maybe(&[id])),
            15..18 => {
                let before = self.checkpoint_id();
                let query = ListQuery {
                    thread_id: self.chance.maybe(&[thread_id]),
                    checkpoint_ns: self.chance.maybe(&[ns]),
                    checkpoint_id: self.chance.maybe(&[id]).filter(|_| self.chance.once_in(3)),
                    before: self
                        .chance
                        .maybe(&[before])
                        .filter(|_| self.chance.once_in(2)),
                    filter: if self.chance.once_in(3) {
                        self.filter()
                    } else {
                        JsonObject::new()
                    },
                    limit: self.chance.maybe(&[0, 1, 2]),
                    most_bytes: None,
                };
                Operation::ListCheckpoints(query)
            }
            18 => {
                Operation::ListCheckpointSummaries(thread_id, self.chance.maybe(&[ns]), self.page())
            }
            19 => Operation::DeleteCheckpoints(thread_id),
            20 => Operation::DeleteCheckpointsOfRuns(vec![self.run_id(), self.run_id()]),
            21 => Operation::CopyCheckpoints(thread_id, self.thread_id()),
            _ => {
                let other = self.thread_id();
                Operation::PruneCheckpoints(vec![thread_id, other], self.prune_strategy())
            }
        }
    }

    fn namespace(&mut self) -> String {
        self.chance.one(&NAMESPACES).to_owned()
    }

    pub(super) fn checkpoint_id(&mut self) -> String {
        self.chance.one(&IDS).to_owned()
    }

    fn run_name(&mut self) -> Option<String> {
        let run_id = self.run_id().to_string();
        self.chance.maybe(&[run_id])
    }

    fn blob(&mut self) -> TypedBlob {
        // A long one is packed.
        let text = self
            .chance
            .one(&["x", "\0", "y"])
            .repeat(self.chance.one(&[1, 1, 3000]));
        TypedBlob {
            encoding: self.chance.one(&["msgpack", "msgpack", "empty"]).to_owned(),
            bytes: text.into(),
        }
    }

    fn checkpoint(&mut self) -> (CheckpointRow, Vec<ChannelBlob>) {
        let mut versions = JsonObject::new();
        let mut channels = Vec::new();
        for channel in CHANNELS {
            let version = match self.chance.below(5) {
                0 => continue,
                1 => json!(3),
                _ => json!(self.chance.one(&VERSIONS)),
            };
            if self.chance.once_in(2) {
                channels.push(ChannelBlob {
                    channel: channel.to_owned(),
                    version: version
                        .as_str()
                        .map_or_else(|| version.to_string(), str::to_owned),
                    value: self.blob(),
                });
            }
            versions.insert(channel.to_owned(), version);
        }
        let mut metadata = self.metadata();
        metadata.insert(
            "source".to_owned(),
            self.chance.one(&[json!("loop"), json!("input")]),
        );
        metadata.insert("step".to_owned(), json!(self.chance.below(5)));
        if self.chance.once_in(3) {
            metadata.insert(
                "thread_id".to_owned(),
                self.chance.one(&[Value::Null, json!("other")]),
            );
        }
        let row = CheckpointRow {
            thread_id: self.thread_id(),
            checkpoint_ns: self.namespace(),
            checkpoint_id: self.checkpoint_id(),
            parent_checkpoint_id: self.chance.maybe(&IDS).map(str::to_owned),
            run_id: self.run_name(),
            checkpoint: self.blob(),
            metadata,
            channel_versions: versions,
        };
        (row, channels)
    }

    fn writes(&mut self) -> NewWrites {
        let count = self.chance.below(4);
        let writes = (0..count).map(|_| PendingWrite {
            task_id: self.chance.one(&["t1", "t2\0"]).to_owned(),
            idx: self.chance.one(&[-1, 0, 1, 1]),
            channel: self.chance.one(&CHANNELS).to_owned(),
            value: self.blob(),
            task_path: self
                .chance
                .one(&["", "~__pregel_pull, a", "~__pregel_pull, b\0"])
                .to_owned(),
        });
        let writes = writes.collect();
        NewWrites {
            thread_id: self.thread_id(),
            checkpoint_ns: self.namespace(),
            checkpoint_id: self.checkpoint_id(),
            run_id: self.run_name(),
            writes,
        }
    }
}
