//! Hints: what servers that share a database tell each other, so that nobody has to look again and again.
//!
//! A hint says where to look, never what is there: whoever hears one reads rows. It may be late, come twice, or be lost with the server that
//! had it to tell, so everybody also looks at all that they wait for every few seconds ([`Hint::LookAgain`]), and each second while nothing
//! is heard. A server hears of what others did, not of what it did itself.

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::instances::Hint;

/// Hears hints from the moment when it was made.
#[derive(Debug)]
pub struct Hints(Option<broadcast::Receiver<Hint>>);

impl Hints {
    /// Hears what nobody says: the only server has nobody to tell it anything.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    #[cfg(feature = "postgres")]
    pub(crate) const fn of(receiver: broadcast::Receiver<Hint>) -> Self {
        Self(Some(receiver))
    }

    /// One that can be heard without waiting.
    pub fn ready(&mut self) -> Option<Hint> {
        match self.0.as_mut()?.try_recv() {
            Ok(hint) => Some(hint),
            Err(TryRecvError::Lagged(_)) => Some(Hint::LookAgain),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }

    /// The next one. Whoever is too slow for all of them is told to look again. Never resolves where there are none, or no more.
    pub async fn next(&mut self) -> Hint {
        if let Some(receiver) = &mut self.0 {
            match receiver.recv().await {
                Ok(hint) => return hint,
                Err(RecvError::Lagged(_)) => return Hint::LookAgain,
                Err(RecvError::Closed) => {}
            }
        }
        std::future::pending().await
    }
}
