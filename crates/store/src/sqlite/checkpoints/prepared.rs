//! Writes of checkpoints when they have their turn.

use rusqlite::Connection;

use super::deltas::Arrival;
use super::{put, put_writes};
use crate::Result;
use crate::checkpoints::prepared::PreparedWrite;
use crate::sqlite::threads;

/// From how long a value on it is packed before it comes to the writer, who would be held up by its bytes longer than by those of a frame.
/// Others are packed later, on those that come after them.
pub(crate) const LARGE: usize = 1 << 20;

impl PreparedWrite {
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
