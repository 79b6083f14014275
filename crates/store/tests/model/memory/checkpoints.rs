//! Checkpoints in memory.

use std::collections::{BTreeMap, BTreeSet};

use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::{CheckpointRow, CheckpointTuple, PendingWrite, PruneStrategy, ThreadId};
use lgx_store::checkpoints::{ListQuery, Listed, NewWrites};
use serde_json::Value;

use super::threads::IsBehind;
use super::{Memory, contains};

type Key = (ThreadId, String, String);

/// Checkpoints by thread, namespace and id; values of channels by thread, namespace, channel and version; writes by their checkpoint,
/// task and index, with their run.
#[derive(Default)]
pub(super) struct Checkpoints {
    rows: BTreeMap<Key, CheckpointRow>,
    values: BTreeMap<(ThreadId, String, String, String), TypedBlob>,
    writes: BTreeMap<(Key, String, i64), (PendingWrite, Option<String>)>,
}

fn text_of(version: &Value) -> String {
    version
        .as_str()
        .map_or_else(|| version.to_string(), str::to_owned)
}

fn key_of(row: &CheckpointRow) -> Key {
    (
        row.thread_id,
        row.checkpoint_ns.clone(),
        row.checkpoint_id.clone(),
    )
}

impl Memory {
    pub(super) fn put_checkpoint(&mut self, row: CheckpointRow, channels: Vec<ChannelBlob>) {
        let is_update = row.run_id.is_none() && row.checkpoint_ns.is_empty();
        if let Some(kept) = self.threads.get_mut(&row.thread_id).filter(|_| is_update) {
            kept.behind = IsBehind::State;
        }
        self.checkpoints.put(row, channels);
    }
}

impl Checkpoints {
    fn put(&mut self, mut row: CheckpointRow, channels: Vec<ChannelBlob>) {
        for channel in channels {
            let key = (
                row.thread_id,
                row.checkpoint_ns.clone(),
                channel.channel,
                channel.version,
            );
            self.values.insert(key, channel.value);
        }
        let in_metadata = row.metadata.get("run_id").and_then(Value::as_str);
        row.run_id = row.run_id.or_else(|| in_metadata.map(str::to_owned));
        self.rows.insert(key_of(&row), row);
    }

    pub(super) fn put_writes(&mut self, new: NewWrites) {
        for write in new.writes {
            let checkpoint = (
                new.thread_id,
                new.checkpoint_ns.clone(),
                new.checkpoint_id.clone(),
            );
            let key = (checkpoint, write.task_id.clone(), write.idx);
            if write.idx < 0 || !self.writes.contains_key(&key) {
                self.writes.insert(key, (write, new.run_id.clone()));
            }
        }
    }

    /// The newest checkpoint of a thread's root.
    pub(super) fn newest(&self, thread_id: ThreadId) -> Option<&CheckpointRow> {
        let mut newest_first = self.rows.values().rev();
        newest_first.find(|row| row.thread_id == thread_id && row.checkpoint_ns.is_empty())
    }

    fn complete(&self, row: &CheckpointRow) -> CheckpointTuple {
        let channels = row
            .channel_versions
            .iter()
            .filter_map(|(channel, version)| {
                let version = text_of(version);
                let (thread_id, ns) = (row.thread_id, row.checkpoint_ns.clone());
                let value = self
                    .values
                    .get(&(thread_id, ns, channel.clone(), version.clone()))?;
                (value.encoding != "empty").then(|| ChannelBlob {
                    channel: channel.clone(),
                    version,
                    value: value.clone(),
                })
            });
        let of_row = self
            .writes
            .iter()
            .filter(|((key, _, _), _)| *key == key_of(row));
        let mut writes: Vec<PendingWrite> = of_row.map(|(_, (write, _))| write.clone()).collect();
        writes.sort_by(|one, other| {
            let key =
                |write: &PendingWrite| (write.task_path.clone(), write.task_id.clone(), write.idx);
            key(one).cmp(&key(other))
        });
        CheckpointTuple {
            row: row.clone(),
            channels: channels.collect(),
            writes,
        }
    }

    pub(super) fn get(
        &self,
        thread_id: ThreadId,
        ns: &str,
        id: Option<&str>,
    ) -> Option<CheckpointTuple> {
        let mut newest_first = self.rows.values().rev();
        let found = newest_first.find(|row| {
            row.thread_id == thread_id
                && row.checkpoint_ns == ns
                && id.is_none_or(|id| row.checkpoint_id == id)
        });
        found.map(|row| self.complete(row))
    }

    pub(super) fn list(&self, query: &ListQuery) -> Listed {
        let mut found: Vec<&CheckpointRow> = self.rows.values().collect();
        found.retain(|row| {
            query.thread_id.is_none_or(|id| row.thread_id == id)
                && query
                    .checkpoint_ns
                    .as_ref()
                    .is_none_or(|ns| row.checkpoint_ns == *ns)
                && query
                    .checkpoint_id
                    .as_ref()
                    .is_none_or(|id| row.checkpoint_id == *id)
                && query
                    .before
                    .as_ref()
                    .is_none_or(|id| row.checkpoint_id < *id)
                && contains(&row.metadata, &query.filter)
        });
        found.sort_by(|one, other| {
            let key = |row: &CheckpointRow| {
                let (id, ns) = (row.checkpoint_id.clone(), row.checkpoint_ns.clone());
                (id, ns, row.thread_id)
            };
            key(other).cmp(&key(one))
        });
        let limit = query
            .limit
            .map_or(usize::MAX, |limit| limit.try_into().unwrap());
        Listed {
            tuples: found
                .into_iter()
                .take(limit)
                .map(|row| self.complete(row))
                .collect(),
            more: false,
        }
    }

    pub(super) fn delete_thread(&mut self, thread_id: ThreadId) {
        self.rows.retain(|(of, _, _), _| *of != thread_id);
        self.values.retain(|(of, _, _, _), _| *of != thread_id);
        self.writes.retain(|((of, _, _), _, _), _| *of != thread_id);
    }

    /// Deletes what these runs stored, on threads on which they made checkpoints, and on those of the runs.
    pub(super) fn delete_for_runs(&mut self, runs: &[String], threads: &[ThreadId]) {
        let is_of = |run: &Option<String>| run.as_ref().is_some_and(|run| runs.contains(run));
        let mut touched: BTreeSet<ThreadId> = threads.iter().copied().collect();
        touched.extend(
            self.rows
                .values()
                .filter(|row| is_of(&row.run_id))
                .map(|row| row.thread_id),
        );
        self.rows.retain(|_, row| !is_of(&row.run_id));
        self.writes
            .retain(|((of, _, _), _, _), (_, run)| !(touched.contains(of) && is_of(run)));
        for thread_id in touched {
            self.sweep(thread_id);
        }
    }

    /// Removes what no checkpoint of a thread has any more.
    fn sweep(&mut self, thread_id: ThreadId) {
        let rows = &self.rows;
        self.writes
            .retain(|(key, _, _), _| key.0 != thread_id || rows.contains_key(key));
        let used = |ns: &String, channel: &String, version: &String| {
            rows.values().any(|row| {
                row.thread_id == thread_id
                    && row.checkpoint_ns == *ns
                    && row
                        .channel_versions
                        .get(channel)
                        .is_some_and(|at| text_of(at) == *version)
            })
        };
        self.values
            .retain(|(of, ns, channel, version), _| *of != thread_id || used(ns, channel, version));
    }

    pub(super) fn copy_thread(&mut self, source: ThreadId, target: ThreadId) {
        let of_source = |of: ThreadId| of == source;
        let rows: Vec<CheckpointRow> = self
            .rows
            .values()
            .filter(|row| of_source(row.thread_id))
            .cloned()
            .collect();
        for mut row in rows {
            row.thread_id = target;
            row.run_id = None;
            if let Some(Value::String(thread)) = row.metadata.get_mut("thread_id") {
                *thread = target.to_string();
            }
            self.rows.insert(key_of(&row), row);
        }
        let values = self
            .values
            .iter()
            .filter(|((of, _, _, _), _)| of_source(*of));
        let values: Vec<_> = values
            .map(|((_, ns, channel, version), value)| {
                (
                    (target, ns.clone(), channel.clone(), version.clone()),
                    value.clone(),
                )
            })
            .collect();
        self.values.extend(values);
        let writes = self
            .writes
            .iter()
            .filter(|(((of, _, _), _, _), _)| of_source(*of));
        let writes: Vec<_> = writes
            .map(|(((_, ns, id), task, idx), (write, _))| {
                (
                    ((target, ns.clone(), id.clone()), task.clone(), *idx),
                    (write.clone(), None),
                )
            })
            .collect();
        self.writes.extend(writes);
    }

    pub(super) fn prune(&mut self, thread_ids: &[ThreadId], strategy: PruneStrategy) {
        for &thread_id in thread_ids {
            match strategy {
                PruneStrategy::Delete => self.delete_thread(thread_id),
                PruneStrategy::KeepLatest => {
                    let kept = self.needed(thread_id);
                    self.rows
                        .retain(|key, _| key.0 != thread_id || kept.contains(key));
                    self.sweep(thread_id);
                }
            }
        }
    }

    /// The newest checkpoint of each namespace of a thread, and its ancestors until each of its channels has had a value, but for those
    /// that only signal.
    fn needed(&self, thread_id: ThreadId) -> BTreeSet<Key> {
        let mut needed = BTreeSet::new();
        let of_thread = self.rows.keys().filter(|key| key.0 == thread_id);
        let newest: BTreeMap<&String, &Key> = of_thread.map(|key| (&key.1, key)).collect();
        for key in newest.into_values() {
            let mut open: Vec<String> = self.rows[key].channel_versions.keys().cloned().collect();
            open.retain(|channel| !channel.starts_with("branch:to:"));
            let mut next = Some(key.clone());
            while let Some((key, row)) = next.take().and_then(|key| self.rows.get_key_value(&key)) {
                let has_value = |channel: &String| {
                    let tuple = self.complete(row);
                    tuple.channels.iter().any(|value| value.channel == *channel)
                };
                open.retain(|channel| !has_value(channel));
                needed.insert(key.clone());
                if !open.is_empty() {
                    let parent = row.parent_checkpoint_id.clone();
                    let parent = parent.map(|parent| (thread_id, key.1.clone(), parent));
                    // One that is among its own ancestors has no more of them.
                    next = parent.filter(|parent| !needed.contains(parent));
                }
            }
        }
        needed
    }
}
