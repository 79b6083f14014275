//! The end of threads: by their time to live, and by request; and copies, which live on their own.

use std::collections::BTreeSet;

use lgx_model::{PruneStrategy, ThreadId, ThreadTtl, TimeToLive};
use serde_json::json;

use super::checkpoints::chain;
use super::*;
use crate::checkpoints::{self, ListQuery};
use crate::runs::finish;
use crate::threads::{self, Copy, next_expiry, prune, sweep, ttl};

fn live(connection: &Connection, thread_id: ThreadId, minutes: f64, strategy: PruneStrategy) {
    let lifetime = TimeToLive { strategy, minutes };
    let none = JsonObject::new();
    let everything = Scope::everything();
    threads::patch(
        connection,
        thread_id,
        &none,
        Some(lifetime),
        at(0),
        &everything,
    )
    .unwrap();
}

fn is_there(connection: &Connection, thread_id: ThreadId) -> bool {
    threads::exists(connection, thread_id, &Scope::everything()).unwrap()
}

fn checkpoints_of(connection: &Connection, thread_id: ThreadId) -> usize {
    let query = ListQuery {
        thread_id: Some(thread_id),
        ..ListQuery::default()
    };
    checkpoints::list(connection, &query).unwrap().tuples.len()
}

#[test]
fn a_thread_lives_for_its_time_after_its_last_change() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let forever = thread(&connection, json!({}));
    live(&connection, thread_id, 1.0, PruneStrategy::Delete);
    assert_eq!(
        ttl(&connection, thread_id, &Scope::everything()).unwrap(),
        Some(ThreadTtl {
            strategy: PruneStrategy::Delete,
            ttl_minutes: 1.0,
            expires_at: Some(at(60)),
        })
    );
    assert_eq!(
        ttl(&connection, forever, &Scope::everything()).unwrap(),
        None
    );
    assert_eq!(ttl(&connection, thread_id, &owned_by("bob")).unwrap(), None);
    assert_eq!(next_expiry(&connection, at(1)).unwrap(), Some(at(60)));
    sweep(&connection, at(59)).unwrap();

    let (none, everything) = (JsonObject::new(), Scope::everything());
    threads::patch(&connection, thread_id, &none, None, at(59), &everything).unwrap();
    assert_eq!(next_expiry(&connection, at(60)).unwrap(), Some(at(119)));
    assert_eq!(sweep(&connection, at(118)).unwrap(), []);
    assert!(is_there(&connection, thread_id));
    chain(&connection, thread_id, &[None]);
    sweep(&connection, at(119)).unwrap();
    assert!(!is_there(&connection, thread_id));
    assert_eq!(checkpoints_of(&connection, thread_id), 0);
    assert!(is_there(&connection, forever));
    assert_eq!(next_expiry(&connection, at(119)).unwrap(), None);
}

#[test]
fn a_thread_that_is_pruned_expires_again_only_once_it_has_changed() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    chain(&connection, thread_id, &[None, None, None]);
    live(&connection, thread_id, 1.0, PruneStrategy::KeepLatest);
    sweep(&connection, at(60)).unwrap();
    assert_eq!(checkpoints_of(&connection, thread_id), 1);
    let shown = ttl(&connection, thread_id, &Scope::everything()).unwrap();
    assert_eq!(shown.and_then(|ttl| ttl.expires_at), None);
    assert_eq!(next_expiry(&connection, at(60)).unwrap(), None);

    let (none, everything) = (JsonObject::new(), Scope::everything());
    threads::patch(&connection, thread_id, &none, None, at(100), &everything).unwrap();
    assert_eq!(next_expiry(&connection, at(100)).unwrap(), Some(at(160)));
}

#[test]
fn a_busy_thread_does_not_expire() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    live(&connection, thread_id, 1.0, PruneStrategy::Delete);
    let admitted = started(&connection, new_run(thread_id, 10));
    sweep(&connection, at(1000)).unwrap();
    assert!(is_there(&connection, thread_id));
    assert_eq!(next_expiry(&connection, at(1000)).unwrap(), Some(at(1060)));
    finish(&connection, admitted.run.run_id, &success(json!({}), 1001)).unwrap();
    assert_eq!(next_expiry(&connection, at(1001)).unwrap(), Some(at(1061)));
    sweep(&connection, at(1061)).unwrap();
    assert!(!is_there(&connection, thread_id));
}

#[test]
fn a_thread_made_for_a_run_has_the_time_to_live_that_comes_with_it() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let new = NewRun {
        if_not_exists: IfNotExists::Create,
        thread_ttl: Some(TimeToLive {
            strategy: PruneStrategy::Delete,
            minutes: 2.0,
        }),
        ..new_run(thread_id, 10)
    };
    started(&connection, new);
    let shown = ttl(&connection, thread_id, &Scope::everything()).unwrap();
    assert_eq!(shown.and_then(|ttl| ttl.expires_at), Some(at(130)));
}

#[test]
fn the_longest_life_does_not_overflow() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    live(&connection, thread_id, f64::MAX, PruneStrategy::Delete);
    assert!(next_expiry(&connection, at(0)).unwrap() > Some(at(1_000_000_000)));
}

#[test]
fn many_threads_go_in_several_transactions() {
    let connection = connection();
    for _ in 0..101 {
        let thread_id = thread(&connection, json!({}));
        live(&connection, thread_id, 1.0, PruneStrategy::Delete);
    }
    assert_eq!(sweep(&connection, at(60)).unwrap().len(), 100);
    assert_eq!(sweep(&connection, at(60)).unwrap().len(), 1);
    assert_eq!(next_expiry(&connection, at(60)).unwrap(), None);
}

#[test]
fn pruning_by_request_counts_what_is_there() {
    let connection = connection();
    let idle = thread(&connection, json!({"owner": "alice"}));
    let busy = thread(&connection, json!({"owner": "alice"}));
    started(&connection, new_run(busy, 1));
    for thread_id in [idle, busy] {
        chain(&connection, thread_id, &[None, None]);
    }
    let asked = BTreeSet::from([idle, busy, ThreadId::fresh()]);
    let (keep, delete) = (PruneStrategy::KeepLatest, PruneStrategy::Delete);
    let alice = owned_by("alice");
    assert_eq!(
        prune(&connection, &asked, delete, &owned_by("bob")).unwrap(),
        None
    );
    // A run may still be rolled back to what was before it.
    assert_eq!(
        prune(&connection, &asked, keep, &alice).unwrap(),
        Some(vec![idle])
    );
    assert_eq!(checkpoints_of(&connection, idle), 1);
    assert_eq!(checkpoints_of(&connection, busy), 2);
    let both = BTreeSet::from([idle, busy]).into_iter().collect();
    assert_eq!(
        prune(&connection, &asked, delete, &alice).unwrap(),
        Some(both)
    );
    assert!(!is_there(&connection, idle) && !is_there(&connection, busy));
}

#[test]
fn a_copy_carries_the_state_and_none_of_the_runs() {
    let connection = connection();
    let source = thread(&connection, json!({"owner": "alice", "a": 1}));
    live(&connection, source, 1.0, PruneStrategy::KeepLatest);
    chain(&connection, source, &[None, None]);
    let run = started(&connection, new_run(source, 1)).run;
    let mut end = success(json!({"n": 1}), 2);
    end.thread.status = ThreadStatus::Interrupted;
    end.thread.interrupts = raw(&json!({"task": [{"id": "i", "value": 1}]}));
    finish(&connection, run.run_id, &end).unwrap();
    // A run that has not ended is the source's alone.
    started(&connection, new_run(source, 3));

    let asked = Copy {
        source,
        target: ThreadId::random(),
        metadata: object(json!({"owner": "bob"})),
        now: at(9),
    };
    assert_eq!(
        threads::copy(&connection, &asked, &owned_by("bob")).unwrap(),
        None
    );
    let copy = threads::copy(&connection, &asked, &owned_by("alice"))
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
    assert_eq!(checkpoints_of(&connection, copy.thread_id), 2);
    assert_eq!(
        crate::runs::active(&connection, copy.thread_id).unwrap(),
        []
    );
    let shown = ttl(&connection, copy.thread_id, &Scope::everything()).unwrap();
    assert_eq!(shown.and_then(|ttl| ttl.expires_at), Some(at(69)));

    let storage = checkpoints::storage(&connection, copy.thread_id).unwrap();
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
    let empty = checkpoints::storage(&connection, ThreadId::fresh()).unwrap();
    assert_eq!(empty.total_bytes, 0);
}
