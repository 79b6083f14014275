//! Writes of checkpoints before they have their turn: large values are packed beside the writer, not by it.

use std::mem;

use lgx_model::CheckpointRow;
use lgx_model::checkpoint::ChannelBlob;
use rusqlite::Connection;

use super::deltas::Arrival;
use super::{NewValue, NewWrite, is_large, put, put_writes};
use crate::checkpoints::NewWrites;
use crate::sqlite::threads;
use crate::{Result, StoreError};

/// A write whose large values are packed.
pub(crate) enum PreparedWrite {
    Checkpoint(Box<CheckpointRow>, Vec<NewValue>),
    Writes(NewWrites, Vec<NewWrite>),
}

impl PreparedWrite {
    /// A checkpoint to come.
    pub(crate) async fn checkpoint(
        row: Box<CheckpointRow>,
        channels: Vec<ChannelBlob>,
    ) -> Result<Self> {
        let large = channels
            .iter()
            .any(|channel| is_large(&channel.value.bytes));
        let values = prepared(large, channels, NewValue::prepare).await?;
        Ok(Self::Checkpoint(row, values))
    }

    /// Writes to come.
    pub(crate) async fn writes(mut writes: NewWrites) -> Result<Self> {
        let of_tasks = mem::take(&mut writes.writes);
        let large = of_tasks.iter().any(|write| is_large(&write.value.bytes));
        let values = prepared(large, of_tasks, NewWrite::prepare).await?;
        Ok(Self::Writes(writes, values))
    }

    /// What is to be seen to once it is there.
    pub(crate) fn arrival(&self) -> Option<Arrival> {
        match self {
            Self::Checkpoint(row, values) => Arrival::of(row, values),
            Self::Writes(..) => None,
        }
    }

    pub(crate) fn store(&self, connection: &Connection) -> Result<()> {
        match self {
            Self::Checkpoint(row, values) => {
                // Until whoever has the state updated writes that too, the thread's row is behind.
                if row.run_id.is_none() && row.checkpoint_ns.is_empty() {
                    threads::mark(connection, row.thread_id)?;
                }
                put(connection, row, values)
            }
            Self::Writes(of, writes) => put_writes(
                connection,
                of.thread_id,
                &of.checkpoint_ns,
                &of.checkpoint_id,
                of.run_id.as_deref(),
                writes,
            ),
        }
    }
}

/// Values as they will be stored; made where nothing waits for it if some are large.
async fn prepared<T: Send + 'static, P: Send + 'static>(
    large: bool,
    values: Vec<T>,
    prepare: fn(T) -> P,
) -> Result<Vec<P>> {
    let prepare = move || values.into_iter().map(prepare).collect();
    if !large {
        return Ok(prepare());
    }
    let prepared = tokio::task::spawn_blocking(prepare).await;
    prepared.map_err(|error| StoreError::Panicked(error.to_string()))
}
