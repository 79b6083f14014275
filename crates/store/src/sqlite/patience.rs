//! How long the state waits for another program (a `sqlite3` shell, a backup) to let go of the file.

use std::time::Duration;

/// So long; what takes longer is refused as [`Locked`](crate::Unavailable::Locked).
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
