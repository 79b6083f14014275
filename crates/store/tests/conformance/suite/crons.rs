//! Crons: what is due when, what goes with threads and assistants, and who sees which.

use futures_util::future::join_all;
use lgx_model::query::{CronQuery, CronSort, SortOrder};
use lgx_model::{Cron, CronId, OnRunCompleted, Timestamp};
use lgx_store::crons::StoredCron;
use lgx_store::runs::Firing;

use super::assistants::{graph, own};
use super::*;

/// A cron of the graph `agent` that was made at second `made` and is due at second `due`.
pub(super) fn example(made: i64, due: Option<i64>) -> StoredCron {
    let cron_id = CronId::fresh();
    StoredCron {
        cron: Cron {
            cron_id,
            assistant_id: AssistantId::of_graph("agent"),
            thread_id: None,
            user_id: "alice".to_owned(),
            end_time: None,
            schedule: "* * * * *".to_owned(),
            timezone: Some("Europe/Berlin".to_owned()),
            payload: object(
                json!({"input": {"n": 1}, "config": {"configurable": {"cron_id": cron_id}}}),
            ),
            next_run_date: due.map(at),
            metadata: object(json!({"owner": "alice"})),
            on_run_completed: Some(OnRunCompleted::Keep),
            enabled: true,
            created_at: at(made),
            updated_at: at(made),
        },
        ends_at: None,
        permissions: vec!["cook".to_owned()],
    }
}

pub(super) async fn insert(store: &Backend, stored: &StoredCron) -> CronId {
    store
        .create_cron(stored.clone(), &store.everything())
        .await
        .unwrap();
    stored.cron.cron_id
}

/// Replaces a cron by what it is to be.
async fn update(store: &Backend, changed: StoredCron) {
    let wanted = changed.clone();
    let change = move |stored: &mut StoredCron| {
        *stored = wanted;
        Ok::<_, ()>(())
    };
    let (cron_id, everything) = (changed.cron.cron_id, store.everything());
    let updated = store.change_cron(cron_id, &everything, change).await;
    assert_eq!(updated.unwrap(), Some(Ok(changed.cron)));
}

async fn advance(
    store: &Backend,
    cron_id: CronId,
    due: Timestamp,
    next: Option<Timestamp>,
) -> bool {
    let firing = Firing { cron_id, due, next };
    store.advance_cron(firing).await.unwrap()
}

async fn is_there(store: &Backend, cron_id: CronId) -> bool {
    store
        .get_cron(cron_id, &store.everything())
        .await
        .unwrap()
        .is_some()
}

#[tokio::test]
async fn a_cron_is_read_as_it_was_written() {
    let store = open().await;
    let mut stored = example(1, Some(60));
    insert(&store, &stored).await;
    let read = async || {
        store
            .get_cron(stored.cron.cron_id, &store.everything())
            .await
            .unwrap()
            .unwrap()
    };
    assert_eq!(read().await, stored);

    let mut changed = stored.clone();
    changed.cron.thread_id = Some(ThreadId::fresh());
    changed.cron.end_time = Some("2030-01-01".to_owned());
    changed.ends_at = Some(at(900));
    changed.cron.timezone = None;
    changed.cron.on_run_completed = None;
    changed.cron.next_run_date = None;
    changed.cron.enabled = false;
    changed.permissions.clear();
    update(&store, changed.clone()).await;
    stored = changed;
    let read = store
        .get_cron(stored.cron.cron_id, &store.everything())
        .await;
    assert_eq!(read.unwrap(), Some(stored));
}

#[tokio::test]
async fn only_enabled_crons_become_due_the_longest_due_first() {
    let store = open().await;
    assert_eq!(store.next_due_cron().await.unwrap(), None);
    let later = insert(&store, &example(1, Some(20))).await;
    let sooner = insert(&store, &example(2, Some(10))).await;
    insert(&store, &example(3, Some(30))).await;
    insert(&store, &example(4, None)).await;
    let mut disabled = example(5, Some(5));
    disabled.cron.enabled = false;
    insert(&store, &disabled).await;

    assert_eq!(store.next_due_cron().await.unwrap(), Some(at(10)));
    let ahead = store.list_crons_ahead(at(10)).await.unwrap();
    assert!(ahead.iter().all(|stored| stored.cron.enabled));
    assert!(
        ahead
            .iter()
            .all(|stored| stored.cron.next_run_date > Some(at(10)))
    );
    assert!(!ahead.is_empty());
    let due: Vec<CronId> = store
        .list_due_crons(at(20))
        .await
        .unwrap()
        .iter()
        .map(|stored| stored.cron.cron_id)
        .collect();
    assert_eq!(due, [sooner, later]);
}

#[tokio::test]
async fn a_cron_is_advanced_once_and_not_when_it_changed_meanwhile() {
    let store = open().await;
    let stored = example(1, Some(10));
    let cron_id = insert(&store, &stored).await;
    assert!(advance(&store, cron_id, at(10), Some(at(70))).await);
    assert!(!advance(&store, cron_id, at(10), Some(at(70))).await);
    assert_eq!(store.next_due_cron().await.unwrap(), Some(at(70)));

    let mut disabled = stored;
    disabled.cron.enabled = false;
    update(&store, disabled.clone()).await;
    assert!(!advance(&store, cron_id, at(10), Some(at(70))).await);
    assert!(!advance(&store, CronId::fresh(), at(10), None).await);
}

#[tokio::test]
async fn the_last_firing_leaves_nothing_due() {
    let store = open().await;
    let cron_id = insert(&store, &example(1, Some(10))).await;
    assert!(advance(&store, cron_id, at(10), None).await);
    assert_eq!(store.next_due_cron().await.unwrap(), None);
}

#[tokio::test]
async fn crons_go_with_their_thread() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let mut stored = example(1, Some(10));
    stored.cron.thread_id = Some(thread_id);
    let on_thread = insert(&store, &stored).await;
    let other = insert(&store, &example(2, Some(10))).await;
    store
        .delete_thread(thread_id, &store.everything(), |_| ())
        .await
        .unwrap();
    assert!(!is_there(&store, on_thread).await);
    assert!(is_there(&store, other).await);
}

#[tokio::test]
async fn crons_go_with_an_assistant_that_is_deleted_but_stay_while_its_graph_is_away() {
    let store = open().await;
    store
        .sync_default_assistants(vec![graph("agent")], at(0))
        .await
        .unwrap();
    let of_default = insert(&store, &example(1, Some(10))).await;

    let assistant = own("agent", "mine", json!({}), 0);
    store
        .create_assistant(assistant.clone(), &store.everything())
        .await
        .unwrap();
    let mut stored = example(2, Some(10));
    stored.cron.assistant_id = assistant.assistant_id;
    let of_assistant = insert(&store, &stored).await;

    store.sync_default_assistants(vec![], at(1)).await.unwrap();
    assert!(is_there(&store, of_default).await);
    store
        .delete_assistant(
            assistant.assistant_id,
            &store.everything(),
            None,
            at(2),
            |ended| ended,
        )
        .await
        .unwrap();
    assert!(!is_there(&store, of_assistant).await);
    assert!(is_there(&store, of_default).await);
}

#[tokio::test]
async fn callers_see_and_delete_what_is_theirs() {
    let store = open().await;
    let cron_id = insert(&store, &example(1, Some(10))).await;
    let (alice, bob) = (store.owned_by("alice"), store.owned_by("bob"));
    assert!(store.get_cron(cron_id, &bob).await.unwrap().is_none());
    assert!(!store.delete_cron(cron_id, &bob).await.unwrap());
    assert!(store.get_cron(cron_id, &alice).await.unwrap().is_some());
    assert!(store.delete_cron(cron_id, &alice).await.unwrap());
    assert!(!store.delete_cron(cron_id, &alice).await.unwrap());
}

#[tokio::test]
async fn searches_find_by_everything_that_can_be_asked_for() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "bob"})).await;
    let plain = insert(&store, &example(1, Some(30))).await;
    let mut on_thread = example(2, Some(20));
    on_thread.cron.thread_id = Some(thread_id);
    let on_thread = insert(&store, &on_thread).await;
    let mut disabled = example(3, Some(10));
    disabled.cron.enabled = false;
    disabled.cron.assistant_id = AssistantId::of_graph("multi");
    disabled.cron.metadata = object(json!({"owner": "alice", "tags": {"a": 1, "b": 2}}));
    let disabled = insert(&store, &disabled).await;

    let (everything, alice, bob) = (
        store.everything(),
        store.owned_by("alice"),
        store.owned_by("bob"),
    );
    let found = async |query: &CronQuery, scope: &Scope, threads: &Scope| {
        let rows = store
            .search_crons(query.clone(), ALL, scope, threads)
            .await
            .unwrap();
        let count = store
            .count_crons(query.clone(), scope, threads)
            .await
            .unwrap();
        assert_eq!((rows.total, count), (rows.rows.len() as u64, rows.total));
        rows.rows
            .iter()
            .map(|cron| cron.cron_id)
            .collect::<Vec<_>>()
    };
    let all = CronQuery::default();
    assert_eq!(
        found(&all, &everything, &everything).await,
        [disabled, on_thread, plain]
    );
    assert_eq!(found(&all, &bob, &everything).await, []);
    assert_eq!(found(&all, &everything, &alice).await, [disabled, plain]);
    assert_eq!(
        found(&all, &alice, &bob).await,
        [disabled, on_thread, plain]
    );
    for (query, expected) in [
        (
            CronQuery {
                assistant_id: Some(AssistantId::of_graph("multi")),
                ..all.clone()
            },
            vec![disabled],
        ),
        (
            CronQuery {
                thread_id: Some(thread_id),
                ..all.clone()
            },
            vec![on_thread],
        ),
        (
            CronQuery {
                enabled: Some(false),
                ..all.clone()
            },
            vec![disabled],
        ),
        (
            CronQuery {
                enabled: Some(true),
                ..all.clone()
            },
            vec![on_thread, plain],
        ),
        (
            CronQuery {
                metadata: object(json!({"tags": {"a": 1}})),
                ..all.clone()
            },
            vec![disabled],
        ),
    ] {
        assert_eq!(
            found(&query, &everything, &everything).await,
            expected,
            "{query:?}"
        );
    }
}

#[tokio::test]
async fn what_is_missing_is_sorted_as_larger_than_anything() {
    let store = open().await;
    let mut soon = example(1, Some(10));
    soon.ends_at = Some(at(100));
    let soon = insert(&store, &soon).await;
    let never = insert(&store, &example(2, None)).await;
    let mut late = example(3, Some(20));
    late.ends_at = Some(at(200));
    let late = insert(&store, &late).await;
    for sort_by in [CronSort::NextRunDate, CronSort::EndTime] {
        for (sort_order, expected) in [
            (SortOrder::Asc, [soon, late, never]),
            (SortOrder::Desc, [never, late, soon]),
        ] {
            let query = CronQuery {
                sort_by,
                sort_order,
                ..CronQuery::default()
            };
            let everything = store.everything();
            let rows = store
                .search_crons(query.clone(), ALL, &everything, &everything)
                .await
                .unwrap();
            let order: Vec<CronId> = rows.rows.iter().map(|cron| cron.cron_id).collect();
            assert_eq!(order, expected, "{query:?}");
        }
    }
}

#[tokio::test]
async fn a_cron_is_made_on_a_thread_that_the_caller_sees() {
    let store = open().await;
    let hers = thread(&store, json!({"owner": "alice"})).await;
    let create = async |thread_id, scope: &Scope| {
        let mut stored = example(1, Some(10));
        stored.cron.thread_id = Some(thread_id);
        store.create_cron(stored, scope).await.unwrap()
    };
    assert!(create(hers, &store.owned_by("alice")).await);
    assert!(!create(hers, &store.owned_by("bob")).await);
    assert!(!create(ThreadId::fresh(), &store.everything()).await);
    let everything = store.everything();
    let count = store.count_crons(CronQuery::default(), &everything, &everything);
    assert_eq!(count.await.unwrap(), 1);
}

#[tokio::test]
async fn of_many_who_see_a_cron_due_one_fires_it() {
    let store = open().await;
    let cron_id = insert(&store, &example(1, Some(10))).await;
    let all = (0..8).map(|_| advance(&store, cron_id, at(10), Some(at(70))));
    let fired = join_all(all).await.into_iter().filter(|fired| *fired);
    assert_eq!(fired.count(), 1);
}

#[tokio::test]
async fn a_refused_change_leaves_a_cron_as_it_was() {
    let store = open().await;
    let stored = example(1, Some(10));
    let cron_id = insert(&store, &stored).await;
    let everything = store.everything();
    let refuse = |stored: &mut StoredCron| {
        stored.cron.enabled = false;
        Err("refused")
    };
    let refused = store.change_cron(cron_id, &everything, refuse).await;
    assert_eq!(refused.unwrap(), Some(Err("refused")));
    let bob = store.owned_by("bob");
    let changed = store.change_cron(cron_id, &bob, |_| Ok::<_, ()>(()));
    assert_eq!(changed.await.unwrap(), None);
    let found = store.get_cron(cron_id, &everything).await.unwrap();
    assert_eq!(found, Some(stored));
}

#[tokio::test]
async fn what_a_cron_runs_is_found_as_far_as_it_is_there() {
    let store = open().await;
    let mine = own("agent", "mine", json!({}), 0);
    store
        .create_assistant(mine.clone(), &store.everything())
        .await
        .unwrap();
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    let target = async |assistant_id, thread_id| {
        let target = store
            .get_cron_target(assistant_id, thread_id)
            .await
            .unwrap();
        (target.assistant, target.thread_metadata)
    };
    let metadata = object(json!({"owner": "alice"}));
    let id = mine.assistant_id;
    assert_eq!(
        target(id, Some(thread_id)).await,
        (Some(mine.clone()), Some(metadata))
    );
    assert_eq!(target(id, None).await, (Some(mine.clone()), None));
    assert_eq!(
        target(id, Some(ThreadId::fresh())).await,
        (Some(mine), None)
    );
    assert_eq!(target(AssistantId::random(), None).await, (None, None));
}

#[tokio::test]
async fn a_cron_whose_thread_is_away_is_hidden_from_who_does_not_see_all_threads() {
    let store = open().await;
    let mut stored = example(1, Some(10));
    insert(&store, &stored).await;
    // It cannot be made so, but can become so.
    stored.cron.thread_id = Some(ThreadId::fresh());
    update(&store, stored).await;
    let everything = store.everything();
    let any = store.filtered(lgx_store::Filter::parse(&json!({})).unwrap());
    for (threads, expected) in [(&everything, 1), (&any, 0)] {
        let count = store.count_crons(CronQuery::default(), &everything, threads);
        assert_eq!(count.await.unwrap(), expected);
    }
}
