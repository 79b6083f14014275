//! Ends threads and items whose time to live has passed: sleeps until the next one expires, or until one may expire earlier.

use std::sync::Arc;
use std::time::Duration;

use lgx_config::{Config, TtlStrategy};
use lgx_model::{PruneStrategy, TimeToLive, Timestamp};
use lgx_store::{Store, StoreError, items, threads};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// The longest sleep. Timers cannot count for ever, and a laptop's clock may jump while it is shut.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How long new threads live, by langgraph.json.
pub fn default_ttl(config: &Config) -> Option<TimeToLive> {
    config.thread_ttl.map(|ttl| TimeToLive {
        strategy: match ttl.strategy {
            TtlStrategy::Delete => PruneStrategy::Delete,
            TtlStrategy::KeepLatest => PruneStrategy::KeepLatest,
        },
        minutes: ttl.minutes,
    })
}

/// Knows when to look for what has expired.
#[derive(Debug, Default)]
pub struct Expiry {
    changed: Notify,
}

impl Expiry {
    /// A thread or an item was given a time to live.
    pub fn changed(&self) {
        self.changed.notify_one();
    }

    /// Ends threads and items until `stopping`.
    pub async fn run(
        self: Arc<Self>,
        store: Store,
        mut configs: watch::Receiver<Arc<Config>>,
        stopping: CancellationToken,
    ) {
        loop {
            let next = match end_expired(&store).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!("expired threads and items cannot be ended: {error}");
                    None
                }
            };
            // Threads that are made meanwhile get the configured time to live: none of them expires before that has passed.
            let configured = default_ttl(&configs.borrow_and_update())
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
                Ok(()) = configs.changed() => {}
                () = expired => {}
            }
        }
    }
}

/// Ends what has expired, and says how long it is until there is more.
async fn end_expired(store: &Store) -> Result<Option<Duration>, StoreError> {
    loop {
        let now = Timestamp::now();
        let (thread, item) = store
            .read(move |connection| {
                Ok((
                    threads::next_expiry(connection, now)?,
                    items::next_expiry(connection)?,
                ))
            })
            .await?;
        let is_due = |next: Option<Timestamp>| next.is_some_and(|time| time <= now);
        if is_due(thread) {
            store
                .write(move |connection| threads::sweep(connection, now))
                .await?;
        }
        if is_due(item) {
            store
                .write(move |connection| items::sweep(connection, now))
                .await?;
        }
        if !is_due(thread) && !is_due(item) {
            let next = [thread, item].into_iter().flatten().min();
            return Ok(next.map(|time| time.until(now)));
        }
    }
}

#[cfg(test)]
mod tests {
    use lgx_model::RawJson;

    use super::*;

    #[tokio::test]
    async fn items_that_have_expired_are_deleted_and_the_next_end_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let put = |key: &str, ttl_minutes: f64, seconds_ago: f64| {
            let new = items::NewItem {
                namespace: vec!["notes".to_owned()],
                key: key.to_owned(),
                value: RawJson::empty_object(),
                vectors: None,
                ttl_minutes: Some(ttl_minutes),
            };
            let then = Timestamp::now().plus_seconds(-seconds_ago);
            store.write(move |connection| items::put(connection, &new, then))
        };
        put("gone", 1.0, 61.0).await.unwrap();
        put("stays", 60.0, 0.0).await.unwrap();

        let next = end_expired(&store).await.unwrap().unwrap();
        assert!(next > Duration::from_secs(59 * 60), "{next:?}");
        // A long time ago both were there: what is not found now is not just hidden.
        let then = Timestamp::from_micros(0);
        let left = store
            .read(move |connection| items::get(connection, &["notes".to_owned()], "gone", then))
            .await
            .unwrap();
        assert_eq!(left, None);
    }
}
