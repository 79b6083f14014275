//! Waiting for a database that cannot be reached, on behalf of runs: they need not end because it was restarted.

use std::time::{Duration, Instant};

use super::Postgres;
use crate::{Result, StoreError, Unavailable};

/// How long a run waits: longer than a restart of a database takes.
const PATIENCE: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Postgres {
    /// Does something as soon as the database can be reached, or fails when that has taken too long. It is told whether it may have been done
    /// already, since the answer may be all that was lost.
    pub(super) async fn when_reached<T, Doing>(
        &self,
        attempt: impl Fn(bool) -> Doing + Send + Sync,
    ) -> Result<T>
    where
        Doing: Future<Output = Result<T>> + Send,
    {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut again = false;
        loop {
            match attempt(again).await {
                Err(StoreError::Unavailable(Unavailable::Unreachable(_)))
                    if began.elapsed() < PATIENCE && !self.writes.is_closed() =>
                {
                    again = true;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                done => return done,
            }
        }
    }
}
