//! Values and writes on their way into a backend: those that are long are packed before they have their turn, and beside what waits.

use std::mem;

use bytes::Bytes;
use lgx_model::checkpoint::ChannelBlob;
use lgx_model::{CheckpointRow, PendingWrite};

use super::{NewWrites, StateWrite};
use crate::packing::{pack, unpack};
use crate::{Result, StoreError};

/// From how many bytes on a thread of its own packs them, as whatever else is done here would wait for too long.
const LONG: usize = 64 << 10;

/// A write that is as it will be stored.
pub(crate) enum PreparedWrite {
    Checkpoint(Box<CheckpointRow>, Vec<NewValue>),
    Writes(NewWrites, Vec<NewWrite>),
}

impl PreparedWrite {
    /// A write to come, of which values are packed that have at least so many bytes.
    pub(crate) async fn of(write: StateWrite, packed_from: usize) -> Result<Self> {
        Ok(match write {
            StateWrite::Checkpoint(row, channels) => {
                let length = |channel: &ChannelBlob| channel.value.bytes.len();
                let values = prepared(channels, packed_from, length, NewValue::prepare).await?;
                Self::Checkpoint(row, values)
            }
            StateWrite::Writes(mut writes) => {
                let of_tasks = mem::take(&mut writes.writes);
                let length = |write: &PendingWrite| write.value.bytes.len();
                let values = prepared(of_tasks, packed_from, length, NewWrite::prepare).await?;
                Self::Writes(writes, values)
            }
        })
    }
}

/// A value of a channel as it will be stored.
#[derive(Debug)]
pub(crate) struct NewValue {
    pub(crate) blob: ChannelBlob,
    pub(crate) packed: bool,
}

impl NewValue {
    /// Packs a value that has at least so many bytes. Takes its time for a long one.
    pub(crate) fn prepare(mut blob: ChannelBlob, packed_from: usize) -> Self {
        let packed = pack_long(&mut blob.value.bytes, packed_from);
        Self { blob, packed }
    }
}

/// A write of a task as it will be stored.
#[derive(Debug)]
pub(crate) struct NewWrite {
    pub(crate) write: PendingWrite,
    pub(crate) packed: bool,
}

impl NewWrite {
    /// Packs a write whose value has at least so many bytes. Takes its time for a long one.
    pub(crate) fn prepare(mut write: PendingWrite, packed_from: usize) -> Self {
        let packed = pack_long(&mut write.value.bytes, packed_from);
        Self { write, packed }
    }
}

/// Packs bytes on their own if they are so many, and that halves them.
pub(crate) fn pack_long(bytes: &mut Bytes, from: usize) -> bool {
    let packed = (bytes.len() >= from).then(|| pack(bytes, None)).flatten();
    match packed {
        Some(packed) if packed.len() <= bytes.len() / 2 => {
            *bytes = packed.into();
            true
        }
        _ => false,
    }
}

/// Bytes as they were before [`pack_long`].
pub(crate) fn unpacked(bytes: Bytes, packed: bool) -> Result<Bytes> {
    if packed {
        return unpack(&bytes, None).map(Bytes::from);
    }
    Ok(bytes)
}

/// Values as they will be stored; made where nothing waits for it if that takes its time.
async fn prepared<T: Send + 'static, P: Send + 'static>(
    values: Vec<T>,
    packed_from: usize,
    length: impl Fn(&T) -> usize + Send,
    prepare: fn(T, usize) -> P,
) -> Result<Vec<P>> {
    let slow = values
        .iter()
        .any(|value| length(value) >= packed_from.max(LONG));
    let prepare = move || {
        let values = values.into_iter();
        values.map(|value| prepare(value, packed_from)).collect()
    };
    if !slow {
        return Ok(prepare());
    }
    let prepared = tokio::task::spawn_blocking(prepare).await;
    prepared.map_err(|error| StoreError::Panicked(error.to_string()))
}
