//! Callbacks and their answers as frame bodies, in both directions (a fake worker speaks the other one).

use bytes::Bytes;
use lgx_model::{CheckpointRow, JsonObject, RunId, ThreadId};
use serde::{Deserialize, Serialize};

use crate::callback::{
    Callback, CallbackError, CallbackReply, ListCheckpoints, PruneStrategy, WritesKey,
};
use crate::items::{Contents, OperationMeta, ResultMeta};
use crate::messages::Message;
use crate::tuple::{self, ChannelMeta, SectionMismatch, Sections, TupleMeta, WriteMeta};

/// A callback's JSON.
#[derive(Serialize, Deserialize)]
#[serde(tag = "method")]
enum Request {
    #[serde(rename = "checkpoint.put")]
    Put {
        run_id: Option<RunId>,
        thread_id: ThreadId,
        checkpoint_ns: String,
        checkpoint_id: String,
        parent_checkpoint_id: Option<String>,
        encoding: String,
        metadata: JsonObject,
        channel_versions: JsonObject,
        new: Vec<ChannelMeta>,
    },
    #[serde(rename = "checkpoint.put_writes")]
    PutWrites {
        run_id: Option<RunId>,
        thread_id: ThreadId,
        checkpoint_ns: String,
        checkpoint_id: String,
        writes: Vec<WriteMeta>,
    },
    #[serde(rename = "checkpoint.get")]
    Get {
        thread_id: ThreadId,
        checkpoint_ns: String,
        checkpoint_id: Option<String>,
    },
    #[serde(rename = "checkpoint.list")]
    List(ListCheckpoints),
    #[serde(rename = "checkpoint.delete_thread")]
    DeleteThread { thread_id: ThreadId },
    #[serde(rename = "checkpoint.delete_for_runs")]
    DeleteForRuns { run_ids: Vec<String> },
    #[serde(rename = "checkpoint.copy_thread")]
    CopyThread { source: ThreadId, target: ThreadId },
    #[serde(rename = "checkpoint.prune")]
    Prune {
        thread_ids: Vec<ThreadId>,
        strategy: PruneStrategy,
    },
    #[serde(rename = "store.batch")]
    Items {
        ops: Vec<OperationMeta>,
        dimensions: Option<u32>,
    },
    #[serde(rename = "terminal.read")]
    ReadTerminal {
        run_id: Option<RunId>,
        prompt: String,
        debugger: bool,
    },
}

impl From<SectionMismatch> for CallbackError {
    fn from(error: SectionMismatch) -> Self {
        Self::protocol(error)
    }
}

impl Callback {
    /// The callback that a frame's body holds.
    pub fn decode(body: Message) -> Result<Self, CallbackError> {
        let request = serde_json::from_slice(&body.meta).map_err(CallbackError::protocol)?;
        let mut sections = Sections::new(body.sections);
        let callback = match request {
            Request::Put {
                run_id,
                thread_id,
                checkpoint_ns,
                checkpoint_id,
                parent_checkpoint_id,
                encoding,
                metadata,
                channel_versions,
                new,
            } => {
                let row = CheckpointRow {
                    thread_id,
                    checkpoint_ns,
                    checkpoint_id,
                    parent_checkpoint_id,
                    run_id: run_id.map(|run_id| run_id.to_string()),
                    checkpoint: sections.blob(encoding)?,
                    metadata,
                    channel_versions,
                };
                Self::PutCheckpoint {
                    run_id,
                    row,
                    new: sections.channels(new)?,
                }
            }
            Request::PutWrites {
                run_id,
                thread_id,
                checkpoint_ns,
                checkpoint_id,
                writes,
            } => Self::PutWrites {
                run_id,
                checkpoint: WritesKey {
                    thread_id,
                    checkpoint_ns,
                    checkpoint_id,
                },
                writes: sections.writes(writes)?,
            },
            Request::Get {
                thread_id,
                checkpoint_ns,
                checkpoint_id,
            } => Self::GetCheckpoint {
                thread_id,
                checkpoint_ns,
                checkpoint_id,
            },
            Request::List(list) => Self::ListCheckpoints(list),
            Request::DeleteThread { thread_id } => Self::DeleteThread { thread_id },
            Request::DeleteForRuns { run_ids } => Self::DeleteForRuns { run_ids },
            Request::CopyThread { source, target } => Self::CopyThread { source, target },
            Request::Prune {
                thread_ids,
                strategy,
            } => Self::Prune {
                thread_ids,
                strategy,
            },
            Request::Items { ops, dimensions } => {
                let has_values = ops.iter().any(OperationMeta::has_value);
                let mut contents = Contents::read(has_values, dimensions, &mut sections)?;
                let operations = ops
                    .into_iter()
                    .map(|operation| operation.restore(&mut contents))
                    .collect::<Result<_, _>>()?;
                contents.finish()?;
                Self::Items(operations)
            }
            Request::ReadTerminal {
                run_id,
                prompt,
                debugger,
            } => Self::ReadTerminal {
                run_id,
                prompt,
                debugger,
            },
        };
        sections.finish()?;
        Ok(callback)
    }

    /// The callback as a frame's body.
    pub fn encode(self) -> Message {
        let mut sections = Vec::new();
        let request = match self {
            Self::PutCheckpoint { run_id, row, new } => {
                sections.push(tuple::section(&row.checkpoint));
                Request::Put {
                    run_id,
                    thread_id: row.thread_id,
                    checkpoint_ns: row.checkpoint_ns,
                    checkpoint_id: row.checkpoint_id,
                    parent_checkpoint_id: row.parent_checkpoint_id,
                    encoding: row.checkpoint.encoding,
                    metadata: row.metadata,
                    channel_versions: row.channel_versions,
                    new: tuple::describe_channels(&new, &mut sections),
                }
            }
            Self::PutWrites {
                run_id,
                checkpoint,
                writes,
            } => Request::PutWrites {
                run_id,
                thread_id: checkpoint.thread_id,
                checkpoint_ns: checkpoint.checkpoint_ns,
                checkpoint_id: checkpoint.checkpoint_id,
                writes: tuple::describe_writes(&writes, &mut sections),
            },
            Self::GetCheckpoint {
                thread_id,
                checkpoint_ns,
                checkpoint_id,
            } => Request::Get {
                thread_id,
                checkpoint_ns,
                checkpoint_id,
            },
            Self::ListCheckpoints(list) => Request::List(list),
            Self::DeleteThread { thread_id } => Request::DeleteThread { thread_id },
            Self::DeleteForRuns { run_ids } => Request::DeleteForRuns { run_ids },
            Self::CopyThread { source, target } => Request::CopyThread { source, target },
            Self::Prune {
                thread_ids,
                strategy,
            } => Request::Prune {
                thread_ids,
                strategy,
            },
            Self::Items(operations) => {
                let mut contents = Contents::default();
                let ops = operations
                    .into_iter()
                    .map(|operation| OperationMeta::describe(operation, &mut contents))
                    .collect();
                let (dimensions, written) = contents.write();
                sections = written;
                Request::Items { ops, dimensions }
            }
            Self::ReadTerminal {
                run_id,
                prompt,
                debugger,
            } => Request::ReadTerminal {
                run_id,
                prompt,
                debugger,
            },
        };
        Message {
            meta: json(&request),
            sections,
        }
    }
}

/// An answer's JSON, in all the shapes it may have.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Response {
    Tuples {
        tuples: Vec<TupleMeta>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    Items {
        results: Vec<ResultMeta>,
    },
    Found {
        found: bool,
        tuple: Box<TupleMeta>,
    },
    Absent {
        found: bool,
    },
    Typed {
        typed: String,
    },
    Done {},
}

impl CallbackReply {
    /// The answer that a frame's body holds.
    pub fn decode(body: Message) -> Result<Self, CallbackError> {
        let response = serde_json::from_slice(&body.meta).map_err(CallbackError::protocol)?;
        let mut sections = Sections::new(body.sections);
        let reply = match response {
            Response::Tuples { tuples, more } => Self::Tuples {
                tuples: tuples
                    .into_iter()
                    .map(|tuple| tuple.restore(&mut sections))
                    .collect::<Result<_, _>>()?,
                more,
            },
            Response::Items { results } => {
                let has_values = results.iter().any(ResultMeta::has_value);
                let mut contents = Contents::read(has_values, None, &mut sections)?;
                let results = results
                    .into_iter()
                    .map(|result| result.restore(&mut contents))
                    .collect::<Result<_, _>>()?;
                contents.finish()?;
                Self::Items(results)
            }
            Response::Found { tuple, .. } => {
                Self::Tuple(Some(Box::new(tuple.restore(&mut sections)?)))
            }
            Response::Absent { .. } => Self::Tuple(None),
            Response::Typed { typed } => Self::Typed(typed),
            Response::Done {} => Self::Done,
        };
        sections.finish()?;
        Ok(reply)
    }

    /// The answer as a frame's body.
    pub fn encode(&self) -> Message {
        let mut sections = Vec::new();
        let response = match self {
            Self::Done => Response::Done {},
            Self::Tuple(None) => Response::Absent { found: false },
            Self::Tuple(Some(tuple)) => Response::Found {
                found: true,
                tuple: Box::new(TupleMeta::describe(tuple, &mut sections)),
            },
            Self::Tuples { tuples, more } => Response::Tuples {
                tuples: tuples
                    .iter()
                    .map(|tuple| TupleMeta::describe(tuple, &mut sections))
                    .collect(),
                more: *more,
            },
            Self::Items(results) => {
                let mut contents = Contents::default();
                let results = results
                    .iter()
                    .map(|result| ResultMeta::describe(result, &mut contents))
                    .collect();
                sections = contents.write().1;
                Response::Items { results }
            }
            Self::Typed(typed) => Response::Typed {
                typed: typed.clone(),
            },
        };
        Message {
            meta: json(&response),
            sections,
        }
    }
}

/// `value` as JSON bytes.
#[expect(
    clippy::expect_used,
    reason = "serializing plain data to JSON cannot fail"
)]
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Bytes {
    serde_json::to_vec(value)
        .expect("plain data serializes")
        .into()
}

#[cfg(test)]
mod tests {
    use lgx_model::checkpoint::{ChannelBlob, TypedBlob, WriteKey};
    use lgx_model::{CheckpointTuple, FoundItem, Item, PendingWrite, RawJson, Timestamp};
    use serde_json::json;

    use super::*;
    use crate::items::{ItemOperation, ItemResult, PackedVectors};

    fn blob(text: &str) -> TypedBlob {
        TypedBlob {
            encoding: "json".into(),
            bytes: text.into(),
        }
    }

    fn object(value: &serde_json::Value) -> JsonObject {
        value.as_object().unwrap().clone()
    }

    fn tuple() -> CheckpointTuple {
        CheckpointTuple {
            row: CheckpointRow {
                thread_id: ThreadId::fresh(),
                checkpoint_ns: String::new(),
                checkpoint_id: "2".into(),
                parent_checkpoint_id: Some("1".into()),
                run_id: None,
                checkpoint: blob("{}"),
                metadata: object(&json!({"step": 1, "source": "loop"})),
                channel_versions: object(&json!({"log": "3.1", "next": "4"})),
            },
            channels: vec![
                ChannelBlob {
                    channel: "log".into(),
                    version: "3.1".into(),
                    value: blob("[1]"),
                },
                ChannelBlob {
                    channel: "next".into(),
                    version: "4".into(),
                    value: blob("[]"),
                },
            ],
            writes: vec![PendingWrite {
                key: WriteKey {
                    task_id: "t".into(),
                    idx: -3,
                    channel: "__interrupt__".into(),
                    task_path: "~a".into(),
                },
                value: blob("null"),
            }],
        }
    }

    /// One of each kind; the values and vectors between them have to come back to their own.
    fn operations() -> Vec<ItemOperation> {
        let namespace = || vec!["users".to_owned(), "u1".to_owned()];
        let put = |value: &str, vectors: Option<PackedVectors>| ItemOperation::Put {
            namespace: namespace(),
            key: "k".into(),
            value: RawJson::from_text(value.into()).unwrap(),
            vectors,
            ttl_minutes: Some(1.5),
        };
        let vectors = |bytes: &'static [u8]| PackedVectors {
            dimensions: 1,
            bytes: Bytes::from_static(bytes),
        };
        vec![
            put("{\"big\":123456789012345678901234567890}", None),
            put("{}", Some(vectors(b"\0\0\x80?"))),
            ItemOperation::Get {
                namespace: namespace(),
                key: "k".into(),
                refresh_ttl: true,
            },
            ItemOperation::Delete {
                namespace: namespace(),
                key: "k".into(),
            },
            ItemOperation::Search {
                namespace_prefix: vec![],
                filter: object(&json!({"n": {"$gt": 1}})),
                near: Some(vectors(b"\0\0\0@")),
                limit: 3,
                offset: 1,
                refresh_ttl: false,
            },
            ItemOperation::ListNamespaces {
                prefixes: vec![namespace()],
                suffixes: vec![],
                max_depth: Some(2),
                limit: 9,
                offset: 0,
            },
        ]
    }

    fn results() -> Vec<ItemResult> {
        let item = |value: &str| Item {
            namespace: vec!["users".into()],
            key: "k".into(),
            value: RawJson::from_text(value.into()).unwrap(),
            created_at: Timestamp::from_micros(1),
            updated_at: Timestamp::from_micros(2),
        };
        let found = |value: &str, score| FoundItem {
            item: item(value),
            score,
        };
        vec![
            ItemResult::Done,
            ItemResult::Item(None),
            ItemResult::Item(Some(item("{\"n\":1}"))),
            ItemResult::Items(vec![]),
            ItemResult::Items(vec![
                found("{\"n\":2}", Some(0.5)),
                found("{\"n\":3}", None),
            ]),
            ItemResult::Namespaces(vec![]),
            ItemResult::Namespaces(vec![vec!["a".into(), "b".into()], vec![]]),
        ]
    }

    #[test]
    fn callbacks_survive_the_wire() {
        let tuple = tuple();
        let thread_id = tuple.row.thread_id;
        let run_id = RunId::fresh();
        for callback in [
            Callback::PutCheckpoint {
                run_id: Some(run_id),
                row: CheckpointRow {
                    run_id: Some(run_id.to_string()),
                    ..tuple.row.clone()
                },
                new: tuple.channels.clone(),
            },
            Callback::PutWrites {
                run_id: None,
                checkpoint: WritesKey {
                    thread_id,
                    checkpoint_ns: "child:1".into(),
                    checkpoint_id: "2".into(),
                },
                writes: tuple.writes.clone(),
            },
            Callback::GetCheckpoint {
                thread_id,
                checkpoint_ns: String::new(),
                checkpoint_id: None,
            },
            Callback::ListCheckpoints(ListCheckpoints {
                thread_id: Some(thread_id),
                checkpoint_ns: None,
                checkpoint_id: None,
                before: Some("9".into()),
                filter: object(&json!({"step": 1})),
                limit: Some(3),
            }),
            Callback::DeleteThread { thread_id },
            Callback::DeleteForRuns {
                run_ids: vec!["a".into()],
            },
            Callback::CopyThread {
                source: thread_id,
                target: ThreadId::fresh(),
            },
            Callback::Prune {
                thread_ids: vec![thread_id],
                strategy: PruneStrategy::KeepLatest,
            },
            Callback::Items(operations()),
            Callback::ReadTerminal {
                run_id: Some(RunId::fresh()),
                prompt: "(Pdb) ".into(),
                debugger: true,
            },
        ] {
            assert_eq!(Callback::decode(callback.clone().encode()), Ok(callback));
        }
    }

    #[test]
    fn answers_survive_the_wire() {
        for reply in [
            CallbackReply::Done,
            CallbackReply::Tuple(None),
            CallbackReply::Tuple(Some(Box::new(tuple()))),
            CallbackReply::Tuples {
                tuples: vec![],
                more: false,
            },
            CallbackReply::Tuples {
                tuples: vec![tuple(), tuple()],
                more: true,
            },
            CallbackReply::Items(results()),
            CallbackReply::Typed("p x\n".into()),
        ] {
            assert_eq!(CallbackReply::decode(reply.encode()), Ok(reply));
        }
    }

    #[test]
    fn sections_that_do_not_match_the_description_are_refused() {
        let run_id = Some(RunId::fresh());
        let tuple = tuple();
        let put = || {
            Callback::PutCheckpoint {
                run_id,
                row: tuple.row.clone(),
                new: tuple.channels.clone(),
            }
            .encode()
        };
        for change in [
            |sections: &mut Vec<Bytes>| drop(sections.pop()),
            |sections: &mut Vec<Bytes>| sections.push(Bytes::new()),
        ] {
            let mut body = put();
            change(&mut body.sections);
            assert_eq!(Callback::decode(body).unwrap_err().kind, "ProtocolError");
        }
    }

    #[test]
    fn a_method_that_does_not_exist_is_named() {
        let body = Message {
            meta: Bytes::from_static(b"{\"method\":\"checkpoint.burn\"}"),
            sections: vec![],
        };
        assert!(
            Callback::decode(body)
                .unwrap_err()
                .message
                .contains("checkpoint.burn")
        );
    }
}
