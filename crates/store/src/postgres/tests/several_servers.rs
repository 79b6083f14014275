//! Several servers on one database: the rows decide what becomes of a thread, and nobody waits for somebody who waits for them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use lgx_model::{JsonObject, PruneStrategy, RawJson, ThreadId, ThreadStatus, TimeToLive};
use lgx_test_postgres::TestDatabase;
use serde_json::json;

use super::{BESIDE_OTHERS, address, database};
use crate::examples::{at, object};
use crate::threads::{NewThread, Pruned, ThreadCopy, ThreadState};
use crate::{Authority, Creation, Store};

async fn two_servers(database: &TestDatabase) -> (Vec<Store>, Authority) {
    let address = address(database);
    let (one, authority) = Store::connect(&address, BESIDE_OTHERS).await.unwrap();
    let (other, _) = Store::connect(&address, BESIDE_OTHERS).await.unwrap();
    (vec![one, other], authority)
}

fn new(thread_id: ThreadId) -> NewThread {
    NewThread {
        thread_id,
        metadata: object(json!({"owner": "alice"})),
        ttl: None,
        now: at(0),
    }
}

#[tokio::test]
async fn a_thread_is_made_by_one_of_them() {
    let Some(database) = database() else { return };
    let (servers, authority) = two_servers(&database).await;
    let everything = authority.everything();
    for _ in 0..20 {
        let thread_id = ThreadId::fresh();
        let made = servers
            .iter()
            .map(|server| server.create_thread(new(thread_id), &everything));
        let made: Vec<_> = join_all(made)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let created = |made: &&Creation<_>| matches!(made, Creation::Created(_));
        let existing = |made: &&Creation<_>| matches!(made, Creation::Existing(_));
        assert_eq!(made.iter().filter(created).count(), 1, "{made:?}");
        assert_eq!(made.iter().filter(existing).count(), 1, "{made:?}");
    }
}

#[tokio::test]
async fn what_each_of_them_merges_stays() {
    let Some(database) = database() else { return };
    let (servers, authority) = two_servers(&database).await;
    let everything = authority.everything();
    let thread_id = ThreadId::fresh();
    servers[0]
        .create_thread(new(thread_id), &everything)
        .await
        .unwrap();
    let patches = (0..20).map(|n| {
        let patch = JsonObject::from_iter([(n.to_string(), json!(n))]);
        servers[n % 2].patch_thread(thread_id, patch, None, at(1), &everything)
    });
    for patched in join_all(patches).await {
        patched.unwrap().unwrap();
    }
    let thread = servers[0]
        .get_thread(thread_id, &everything)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(thread.metadata.len(), 21, "{:?}", thread.metadata);
}

/// What one of many does at a time, by its number: everything that locks threads, in all orders.
async fn act(store: &Store, authority: &Authority, ids: &[ThreadId; 4], n: usize) {
    let everything = authority.everything();
    let thread_id = ids[n % ids.len()];
    let ttl = TimeToLive {
        strategy: if n.is_multiple_of(2) {
            PruneStrategy::Delete
        } else {
            PruneStrategy::KeepLatest
        },
        minutes: 1.0,
    };
    match n / ids.len() % 8 {
        0 | 1 => {
            store
                .create_thread(new(thread_id), &everything)
                .await
                .unwrap();
        }
        2 => {
            let patch = object(json!({"n": n}));
            let patched = store.patch_thread(thread_id, patch, Some(ttl), at(0), &everything);
            patched.await.unwrap();
        }
        3 => {
            let state = ThreadState {
                status: ThreadStatus::Idle,
                values: Some(RawJson::from_text("{}".to_owned()).unwrap()),
                interrupts: RawJson::empty_object(),
                error: None,
            };
            store
                .set_thread_state(thread_id, state, at(0))
                .await
                .unwrap();
        }
        4 => {
            store
                .delete_thread(thread_id, &everything, |_| ())
                .await
                .unwrap();
        }
        5 => {
            let copy = ThreadCopy {
                source: thread_id,
                target: ThreadId::fresh(),
                metadata: JsonObject::new(),
                now: at(0),
            };
            store.copy_thread(copy, &everything).await.unwrap();
        }
        6 => {
            let some: BTreeSet<ThreadId> = ids.iter().copied().skip(n % 3).collect();
            let pruned = store
                .prune_threads(some, ttl.strategy, &everything, |_| ())
                .await;
            assert!(matches!(pruned.unwrap(), Pruned::Done { .. }));
        }
        _ => store.expire_threads(at(1000), |_| ()).await.unwrap(),
    }
}

#[tokio::test]
async fn nobody_waits_for_somebody_who_waits_for_them() {
    let Some(database) = database() else { return };
    let (servers, authority) = two_servers(&database).await;
    let ids = [(); 4].map(|()| ThreadId::fresh());
    for round in 0..8 {
        // Eight act at once, no two in the same order.
        let workers = (0..8).map(|worker| {
            let (server, authority, ids) = (&servers[worker % 2], &authority, &ids);
            async move {
                for step in 0..16 {
                    act(
                        server,
                        authority,
                        ids,
                        (step * (2 * worker + 1) + worker + round) % 32,
                    )
                    .await;
                }
            }
        });
        join_all(workers).await;
    }
}
