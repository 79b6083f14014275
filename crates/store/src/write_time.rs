//! When a write happens: what it leaves as the time of the change.

use lgx_model::Timestamp;

/// The time of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteTime {
    /// The time at which it has its turn among all writes, however long it waits for that: a later write never leaves an earlier time.
    OnItsTurn,
    /// This time, whenever it has its turn.
    At(Timestamp),
}

impl WriteTime {
    /// The time. To be called on the write's turn, and once only.
    pub(crate) fn instant(self) -> Timestamp {
        match self {
            Self::OnItsTurn => Timestamp::now(),
            Self::At(time) => time,
        }
    }
}

impl From<Timestamp> for WriteTime {
    fn from(time: Timestamp) -> Self {
        Self::At(time)
    }
}
