//! The end of threads: by their time to live, and by request; and copies, which live on their own.

use std::collections::BTreeSet;

use lgx_model::{PruneStrategy, ThreadStatus, ThreadTtl, TimeToLive};
use lgx_store::checkpoints::ListQuery;
use lgx_store::threads::{Pruned, ThreadCopy};

use super::checkpoints::chain;
use super::*;

async fn live(store: &Backend, thread_id: ThreadId, minutes: f64, strategy: PruneStrategy) {
    let lifetime = TimeToLive { strategy, minutes };
    let none = JsonObject::new();
    let everything = store.everything();
    store
        .patch_thread(thread_id, none.clone(), Some(lifetime), at(0), &everything)
        .await
        .unwrap();
}

async fn is_there(store: &Backend, thread_id: ThreadId) -> bool {
    store
        .thread_exists(thread_id, &store.everything())
        .await
        .unwrap()
}

async fn checkpoints_of(store: &Backend, thread_id: ThreadId) -> usize {
    let query = ListQuery {
        thread_id: Some(thread_id),
        ..ListQuery::default()
    };
    store
        .list_checkpoints(query)
        .await
        .await
        .unwrap()
        .tuples
        .len()
}

#[tokio::test]
async fn a_thread_lives_for_its_time_after_its_last_change() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let forever = thread(&store, json!({})).await;
    live(&store, thread_id, 1.0, PruneStrategy::Delete).await;
    assert_eq!(
        store
            .get_thread_ttl(thread_id, &store.everything())
            .await
            .unwrap(),
        Some(ThreadTtl {
            strategy: PruneStrategy::Delete,
            ttl_minutes: 1.0,
            expires_at: Some(at(60)),
        })
    );
    assert_eq!(
        store
            .get_thread_ttl(forever, &store.everything())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .get_thread_ttl(thread_id, &store.owned_by("bob"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(store.next_thread_expiry(at(1)).await.unwrap(), Some(at(60)));
    store.expire_threads(at(59), |ended| ended).await.unwrap();

    let (none, everything) = (JsonObject::new(), store.everything());
    store
        .patch_thread(thread_id, none.clone(), None, at(59), &everything)
        .await
        .unwrap();
    assert_eq!(
        store.next_thread_expiry(at(60)).await.unwrap(),
        Some(at(119))
    );
    assert_eq!(
        store.expire_threads(at(118), |ended| ended).await.unwrap(),
        []
    );
    assert!(is_there(&store, thread_id).await);
    chain(&store, thread_id, &[None]).await;
    store.expire_threads(at(119), |ended| ended).await.unwrap();
    assert!(!is_there(&store, thread_id).await);
    assert_eq!(checkpoints_of(&store, thread_id).await, 0);
    assert!(is_there(&store, forever).await);
    assert_eq!(store.next_thread_expiry(at(119)).await.unwrap(), None);
}

#[tokio::test]
async fn a_thread_that_is_pruned_expires_again_only_once_it_has_changed() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    chain(&store, thread_id, &[None, None, None]).await;
    live(&store, thread_id, 1.0, PruneStrategy::KeepLatest).await;
    store.expire_threads(at(60), |ended| ended).await.unwrap();
    assert_eq!(checkpoints_of(&store, thread_id).await, 1);
    let shown = store
        .get_thread_ttl(thread_id, &store.everything())
        .await
        .unwrap();
    assert_eq!(shown.and_then(|ttl| ttl.expires_at), None);
    assert_eq!(store.next_thread_expiry(at(60)).await.unwrap(), None);

    let (none, everything) = (JsonObject::new(), store.everything());
    store
        .patch_thread(thread_id, none.clone(), None, at(100), &everything)
        .await
        .unwrap();
    assert_eq!(
        store.next_thread_expiry(at(100)).await.unwrap(),
        Some(at(160))
    );
}

#[tokio::test]
async fn a_busy_thread_does_not_expire() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    live(&store, thread_id, 1.0, PruneStrategy::Delete).await;
    let admitted = started(&store, new_run(thread_id, 10)).await;
    store.expire_threads(at(1000), |ended| ended).await.unwrap();
    assert!(is_there(&store, thread_id).await);
    assert_eq!(
        store.next_thread_expiry(at(1000)).await.unwrap(),
        Some(at(1060))
    );
    finish(&store, admitted.run.run_id, &success(json!({}), 1001)).await;
    assert_eq!(
        store.next_thread_expiry(at(1001)).await.unwrap(),
        Some(at(1061))
    );
    store.expire_threads(at(1061), |ended| ended).await.unwrap();
    assert!(!is_there(&store, thread_id).await);
}

#[tokio::test]
async fn a_thread_made_for_a_run_has_the_time_to_live_that_comes_with_it() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let new = NewRun {
        create_thread: true,
        thread_ttl: Some(TimeToLive {
            strategy: PruneStrategy::Delete,
            minutes: 2.0,
        }),
        ..new_run(thread_id, 10)
    };
    started(&store, new).await;
    let shown = store
        .get_thread_ttl(thread_id, &store.everything())
        .await
        .unwrap();
    assert_eq!(shown.and_then(|ttl| ttl.expires_at), Some(at(130)));
}

#[tokio::test]
async fn the_longest_life_does_not_overflow() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    live(&store, thread_id, f64::MAX, PruneStrategy::Delete).await;
    assert!(store.next_thread_expiry(at(0)).await.unwrap() > Some(at(1_000_000_000)));
}

#[tokio::test]
async fn many_threads_go_in_several_transactions() {
    let store = open().await;
    for _ in 0..101 {
        let thread_id = thread(&store, json!({})).await;
        live(&store, thread_id, 1.0, PruneStrategy::Delete).await;
    }
    assert_eq!(
        store
            .expire_threads(at(60), |ended| ended)
            .await
            .unwrap()
            .len(),
        100
    );
    assert_eq!(
        store
            .expire_threads(at(60), |ended| ended)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(store.next_thread_expiry(at(60)).await.unwrap(), None);
}

#[tokio::test]
async fn pruning_by_request_counts_what_is_there() {
    let store = open().await;
    let idle = thread(&store, json!({"owner": "alice"})).await;
    let busy = thread(&store, json!({"owner": "alice"})).await;
    started(&store, new_run(busy, 1)).await;
    for thread_id in [idle, busy] {
        chain(&store, thread_id, &[None, None]).await;
    }
    let asked = BTreeSet::from([idle, busy, ThreadId::fresh()]);
    let (keep, delete) = (PruneStrategy::KeepLatest, PruneStrategy::Delete);
    let everything = store.everything();
    // One that is not there may be somebody else's, as far as alice can tell.
    for owner in ["alice", "bob"] {
        let scope = store.owned_by(owner);
        let pruned = store.prune_threads(asked.clone(), delete, &scope, |ended| ended);
        assert_eq!(pruned.await.unwrap(), Pruned::Hidden, "{owner}");
    }
    // A run may still be rolled back to what was before it.
    assert_eq!(
        store
            .prune_threads(asked.clone(), keep, &everything, |ended| ended)
            .await
            .unwrap(),
        Pruned::Done {
            count: 1,
            ended: vec![]
        }
    );
    assert_eq!(checkpoints_of(&store, idle).await, 1);
    assert_eq!(checkpoints_of(&store, busy).await, 2);
    let both = BTreeSet::from([idle, busy]).into_iter().collect();
    assert_eq!(
        store
            .prune_threads(
                BTreeSet::from([idle, busy]),
                delete,
                &store.owned_by("alice"),
                |ended| ended
            )
            .await
            .unwrap(),
        Pruned::Done {
            count: 2,
            ended: both
        }
    );
    assert!(!is_there(&store, idle).await && !is_there(&store, busy).await);
}

#[tokio::test]
async fn a_copy_carries_the_state_and_none_of_the_runs() {
    let store = open().await;
    let source = thread(&store, json!({"owner": "alice", "a": 1})).await;
    live(&store, source, 1.0, PruneStrategy::KeepLatest).await;
    chain(&store, source, &[None, None]).await;
    let run = started(&store, new_run(source, 1)).await.run;
    let mut end = success(json!({"n": 1}), 2);
    end.thread.status = ThreadStatus::Interrupted;
    end.thread.interrupts = raw(&json!({"task": [{"id": "i", "value": 1}]}));
    finish(&store, run.run_id, &end).await;
    // A run that has not ended is the source's alone.
    started(&store, new_run(source, 3)).await;

    let asked = ThreadCopy {
        source,
        target: ThreadId::random(),
        metadata: object(json!({"owner": "bob"})),
        now: at(9),
    };
    assert_eq!(
        store
            .copy_thread(asked.clone(), &store.owned_by("bob"))
            .await
            .unwrap(),
        None
    );
    let copy = store
        .copy_thread(asked.clone(), &store.owned_by("alice"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (copy.status, copy.values.get(), copy.interrupts.clone()),
        (
            ThreadStatus::Interrupted,
            r#"{"n":1}"#,
            end.thread.interrupts
        )
    );
    assert_eq!((copy.created_at, copy.state_updated_at), (at(9), at(9)));
    assert_eq!(copy.config, JsonObject::new());
    assert_eq!(
        (&copy.metadata["owner"], &copy.metadata["a"]),
        (&json!("bob"), &json!(1))
    );
    assert_eq!(checkpoints_of(&store, copy.thread_id).await, 2);
    assert_eq!(
        store
            .list_active_runs(copy.thread_id, &store.everything())
            .await
            .unwrap(),
        []
    );
    let shown = store
        .get_thread_ttl(copy.thread_id, &store.everything())
        .await
        .unwrap();
    assert_eq!(shown.and_then(|ttl| ttl.expires_at), Some(at(69)));

    let storage = store
        .get_thread_storage(copy.thread_id, &store.everything())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (storage.checkpoints.count, storage.pending_writes.count),
        (2, 2)
    );
    assert_eq!(
        storage.channel_values.by_channel["messages"].versions,
        storage.channel_values.count
    );
    assert_eq!(
        storage.total_bytes,
        storage.checkpoints.bytes + storage.channel_values.bytes + storage.pending_writes.bytes
    );
    let everything = store.everything();
    let missing = store.get_thread_storage(ThreadId::fresh(), &everything);
    assert_eq!(missing.await.unwrap(), None);
}
