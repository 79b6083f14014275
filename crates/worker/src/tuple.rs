//! Checkpoint tuples on the wire: a JSON description, and the blobs as sections in its order.

use bytes::Bytes;
use lgx_model::checkpoint::{ChannelBlob, TypedBlob, WriteKey};
use lgx_model::{CheckpointRow, CheckpointTuple, JsonObject, PendingWrite, ThreadId};
use serde::{Deserialize, Serialize};

/// A channel's value, described: channel, version, encoding.
pub type ChannelMeta = (String, String, String);
/// A write, described: task id, index, channel, encoding, task path.
pub type WriteMeta = (String, i64, String, String, String);

/// The sections of a frame, taken one after the other.
#[derive(Debug)]
pub struct Sections(std::vec::IntoIter<Bytes>);

/// A frame has other sections than its description says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the number of sections is not what the description says")]
pub struct SectionMismatch;

impl Sections {
    /// The sections of a frame.
    pub fn new(sections: Vec<Bytes>) -> Self {
        Self(sections.into_iter())
    }

    /// The next section.
    pub fn bytes(&mut self) -> Result<Bytes, SectionMismatch> {
        self.0.next().ok_or(SectionMismatch)
    }

    /// The next section as a blob of this encoding.
    pub fn blob(&mut self, encoding: String) -> Result<TypedBlob, SectionMismatch> {
        let bytes = self.bytes()?.to_vec();
        Ok(TypedBlob { encoding, bytes })
    }

    /// One channel value for each description.
    pub fn channels(
        &mut self,
        metas: Vec<ChannelMeta>,
    ) -> Result<Vec<ChannelBlob>, SectionMismatch> {
        metas
            .into_iter()
            .map(|(channel, version, encoding)| {
                Ok(ChannelBlob {
                    channel,
                    version,
                    value: self.blob(encoding)?,
                })
            })
            .collect()
    }

    /// One write for each description.
    pub fn writes(&mut self, metas: Vec<WriteMeta>) -> Result<Vec<PendingWrite>, SectionMismatch> {
        metas
            .into_iter()
            .map(|(task_id, idx, channel, encoding, task_path)| {
                Ok(PendingWrite {
                    key: WriteKey {
                        task_id,
                        idx,
                        channel,
                        task_path,
                    },
                    value: self.blob(encoding)?,
                })
            })
            .collect()
    }

    /// Checks that no section is left.
    pub fn finish(mut self) -> Result<(), SectionMismatch> {
        if self.0.next().is_none() {
            Ok(())
        } else {
            Err(SectionMismatch)
        }
    }
}

/// A blob as a section.
pub(crate) fn section(blob: &TypedBlob) -> Bytes {
    Bytes::copy_from_slice(&blob.bytes)
}

/// The descriptions of channel values; their sections are appended to `sections`.
pub(crate) fn describe_channels(
    channels: &[ChannelBlob],
    sections: &mut Vec<Bytes>,
) -> Vec<ChannelMeta> {
    sections.extend(channels.iter().map(|channel| section(&channel.value)));
    channels
        .iter()
        .map(|blob| {
            (
                blob.channel.clone(),
                blob.version.clone(),
                blob.value.encoding.clone(),
            )
        })
        .collect()
}

/// The descriptions of writes; their sections are appended to `sections`.
pub(crate) fn describe_writes(
    writes: &[PendingWrite],
    sections: &mut Vec<Bytes>,
) -> Vec<WriteMeta> {
    sections.extend(writes.iter().map(|write| section(&write.value)));
    writes
        .iter()
        .map(|PendingWrite { key, value }| {
            (
                key.task_id.clone(),
                key.idx,
                key.channel.clone(),
                value.encoding.clone(),
                key.task_path.clone(),
            )
        })
        .collect()
}

/// The description of a tuple.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TupleMeta {
    thread_id: ThreadId,
    checkpoint_ns: String,
    checkpoint_id: String,
    parent_checkpoint_id: Option<String>,
    encoding: String,
    metadata: JsonObject,
    channels: Vec<ChannelMeta>,
    writes: Vec<WriteMeta>,
}

impl TupleMeta {
    /// Describes `tuple`; its blobs are appended to `sections`.
    pub fn describe(tuple: &CheckpointTuple, sections: &mut Vec<Bytes>) -> Self {
        let row = &tuple.row;
        sections.push(section(&row.checkpoint));
        Self {
            thread_id: row.thread_id,
            checkpoint_ns: row.checkpoint_ns.clone(),
            checkpoint_id: row.checkpoint_id.clone(),
            parent_checkpoint_id: row.parent_checkpoint_id.clone(),
            encoding: row.checkpoint.encoding.clone(),
            metadata: row.metadata.clone(),
            channels: describe_channels(&tuple.channels, sections),
            writes: describe_writes(&tuple.writes, sections),
        }
    }

    /// The tuple described, its blobs taken from `sections`.
    pub fn restore(self, sections: &mut Sections) -> Result<CheckpointTuple, SectionMismatch> {
        let checkpoint = sections.blob(self.encoding)?;
        let channels = sections.channels(self.channels)?;
        let writes = sections.writes(self.writes)?;
        let channel_versions = channels
            .iter()
            .map(|blob| (blob.channel.clone(), blob.version.clone().into()))
            .collect::<JsonObject>();
        let row = CheckpointRow {
            thread_id: self.thread_id,
            checkpoint_ns: self.checkpoint_ns,
            checkpoint_id: self.checkpoint_id,
            parent_checkpoint_id: self.parent_checkpoint_id,
            run_id: None,
            checkpoint,
            metadata: self.metadata,
            channel_versions,
        };
        Ok(CheckpointTuple {
            row,
            channels,
            writes,
        })
    }
}
