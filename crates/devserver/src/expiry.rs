//! Ends threads whose time to live has passed: sleeps until the next one expires, or until one may expire earlier.

use std::sync::Arc;
use std::time::Duration;

use lgx_config::{Config, TtlStrategy};
use lgx_model::{PruneStrategy, TimeToLive, Timestamp};
use lgx_store::{Store, StoreError, threads};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::workers::Workers;

/// The longest sleep. Timers cannot count for ever, and a laptop's clock may jump while it is shut.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How long new threads live, by langgraph.json.
pub(crate) fn default_ttl(config: &Config) -> Option<TimeToLive> {
    config.thread_ttl.map(|ttl| TimeToLive {
        strategy: match ttl.strategy {
            TtlStrategy::Delete => PruneStrategy::Delete,
            TtlStrategy::KeepLatest => PruneStrategy::KeepLatest,
        },
        minutes: ttl.minutes,
    })
}

/// Knows when to look for expired threads.
#[derive(Debug, Default)]
pub(crate) struct Expiry {
    changed: Notify,
}

impl Expiry {
    /// A thread was given a time to live.
    pub(crate) fn changed(&self) {
        self.changed.notify_one();
    }

    /// Ends threads until `stopping`.
    pub(crate) async fn run(
        self: Arc<Self>,
        store: Store,
        workers: Arc<Workers>,
        stopping: CancellationToken,
    ) {
        let mut generations = workers.changes();
        loop {
            let next = match end_expired(&store).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!("expired threads cannot be ended: {error}");
                    None
                }
            };
            // Threads that are made meanwhile get the configured time to live: none of them expires before that has passed.
            let configured = default_ttl(&workers.config())
                .map(|ttl| Duration::try_from_secs_f64(ttl.minutes * 60.0).unwrap_or(LONGEST));
            let wait = [next, configured].into_iter().flatten().min();
            let expired = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait.min(LONGEST)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stopping.cancelled() => return,
                () = self.changed.notified() => {}
                // A new configuration may bring a shorter time.
                Ok(()) = generations.changed() => {}
                () = expired => {}
            }
        }
    }
}

/// Ends what has expired, and says how long it is until there is more.
async fn end_expired(store: &Store) -> Result<Option<Duration>, StoreError> {
    loop {
        let now = Timestamp::now();
        let next = store
            .read(move |connection| threads::next_expiry(connection, now))
            .await?;
        match next {
            Some(time) if time <= now => {
                store
                    .write(move |connection| threads::sweep(connection, now))
                    .await?;
            }
            next => return Ok(next.map(|time| time.until(now))),
        }
    }
}
