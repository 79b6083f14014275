//! Ends threads and items whose time to live has passed: sleeps until the next one expires, or until one may expire earlier.

use std::sync::Arc;
use std::time::Duration;

use lgx_config::Config;
use lgx_model::Timestamp;
use lgx_store::{Store, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::default_ttl::default_ttl;
use crate::due::due_in;
use crate::expiry::Expiry;
use crate::threads::Threads;

/// How long something that another instance gave a short time to live may be overdue where nobody has told of it.
const OF_OTHERS: Duration = Duration::from_secs(60);

/// Ends threads and items until `stopping`.
pub(crate) async fn sweep(
    expiry: Arc<Expiry>,
    store: Store,
    threads: Arc<Threads>,
    mut configs: watch::Receiver<Arc<Config>>,
    stopping: CancellationToken,
) {
    // One of several instances does so for all.
    let mut on_duty = store.on_duty();
    loop {
        let is_on_duty = *on_duty.borrow_and_update();
        let next = if is_on_duty {
            end_expired(&store, &threads).await
        } else {
            Ok(None)
        };
        let next = match next {
            Ok(next) => next,
            Err(error) => {
                tracing::error!("expired threads and items cannot be ended: {error}");
                None
            }
        };
        // Threads that are made meanwhile get the configured time to live: none of them expires before that has passed.
        let configured = default_ttl(&configs.borrow_and_update())
            .map(|ttl| Duration::try_from_secs_f64(ttl.minutes * 60.0).unwrap_or(Duration::MAX));
        let of_others = (is_on_duty && store.instance().is_some()).then_some(OF_OTHERS);
        let wait = [next, configured, of_others].into_iter().flatten().min();
        tokio::select! {
            () = stopping.cancelled() => return,
            () = expiry.wait() => {}
            Ok(()) = on_duty.changed() => {}
            // A new configuration may bring a shorter time.
            Ok(()) = configs.changed() => {}
            () = due_in(wait) => {}
        }
    }
}

/// Ends what has expired, and says how long it is until there is more.
async fn end_expired(store: &Store, threads: &Threads) -> Result<Option<Duration>, StoreError> {
    loop {
        let now = Timestamp::now();
        let thread = store.next_thread_expiry(now).await?;
        let item = store.next_item_expiry().await?;
        let is_due = |next: Option<Timestamp>| next.is_some_and(|time| time <= now);
        if is_due(thread) {
            threads.expire(now).await?;
        }
        if is_due(item) {
            store.expire_items(now).await?;
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
    use lgx_store::items::NewItem;

    use super::*;
    use crate::sample::engine;

    #[tokio::test]
    async fn items_that_have_expired_are_deleted_and_the_next_end_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine(directory.path());
        let put = async |key: &str, ttl_minutes: f64, seconds_ago: f64| {
            let new = NewItem {
                namespace: vec!["notes".to_owned()],
                key: key.to_owned(),
                value: RawJson::empty_object(),
                vectors: None,
                ttl_minutes: Some(ttl_minutes),
            };
            let then = Timestamp::now().plus_seconds(-seconds_ago);
            engine.store.put_item(new, then).await.unwrap();
        };
        put("gone", 1.0, 61.0).await;
        put("stays", 60.0, 0.0).await;

        let next = end_expired(&engine.store, &engine.threads).await;
        let next = next.unwrap().unwrap();
        assert!(next > Duration::from_secs(59 * 60), "{next:?}");
        // A long time ago both were there: what is not found now is not just hidden.
        let then = Timestamp::from_micros(0);
        let namespace = vec!["notes".to_owned()];
        let left = engine
            .store
            .get_item(namespace, "gone".to_owned(), false, then);
        assert_eq!(left.await.unwrap(), None);
    }
}
