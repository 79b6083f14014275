//! One life of the server: from a start to the end of the process.

use lgx_model::Timestamp;

/// Which life of the server it is, by the instant at which it began. What is counted anew with each start, such as generations, is told
/// with it where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life(i64);

impl Life {
    /// That of a server that starts now.
    pub(crate) fn begun() -> Self {
        Self(Timestamp::now().micros())
    }

    /// As it is stored: later ones are larger.
    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}
