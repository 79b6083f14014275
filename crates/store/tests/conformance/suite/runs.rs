//! The queue of runs, and listing, cancelling and deleting them.

use lgx_model::query::{Page, RunQuery};
use lgx_model::{MultitaskStrategy, ThreadStatus};
use lgx_store::runs::{AssistantRuns, CancelTarget, Cancelled, MOST_ATTEMPTS};

use super::checkpoints::{chain, get};
use super::*;

async fn claimed(store: &Backend, seconds: i64) -> Option<RunId> {
    store
        .claim(at(seconds), |_| ())
        .await
        .unwrap()
        .map(|(claimed, ())| claimed.run.run_id)
}

async fn waiting(store: &Backend, thread_id: ThreadId, seconds: i64) -> Run {
    queued(
        store,
        NewRun {
            may_start: false,
            ..new_run(thread_id, seconds)
        },
    )
    .await
    .run
}

#[tokio::test]
async fn the_oldest_due_run_of_a_free_thread_is_next() {
    let store = open().await;
    let (one, two) = (
        thread(&store, json!({})).await,
        thread(&store, json!({})).await,
    );
    let running = started(&store, new_run(one, 1)).await.run;
    let behind = queued(&store, new_run(one, 2)).await.run;
    let first = waiting(&store, two, 3).await;
    let second = waiting(&store, two, 4).await;

    assert_eq!(claimed(&store, 10).await, Some(first.run_id));
    assert_eq!(run_status(&store, &first).await, Some(RunStatus::Running));
    assert_eq!(claimed(&store, 10).await, None);

    finish(&store, running.run_id, &success(json!({}), 11)).await;
    assert_eq!(claimed(&store, 11).await, Some(behind.run_id));
    finish(&store, first.run_id, &success(json!({}), 12)).await;
    assert_eq!(claimed(&store, 12).await, Some(second.run_id));
    assert_eq!(claimed(&store, 12).await, None);
}

#[tokio::test]
async fn a_claimed_run_brings_the_newest_root_checkpoint() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let ids = chain(&store, thread_id, &[None, None, None]).await;
    waiting(&store, thread_id, 1).await;
    let checkpoint = store
        .claim(at(1), |_| ())
        .await
        .unwrap()
        .unwrap()
        .0
        .checkpoint
        .unwrap();
    assert_eq!(checkpoint.row.checkpoint_id, ids[2]);
}

#[tokio::test]
async fn scheduled_runs_wait_for_their_time_and_say_when_it_is() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    assert_eq!(store.next_due_run(at(1)).await.unwrap(), None);
    for due in [90, 60] {
        let mut new = new_run(thread_id, 1);
        new.run.created_at = at(due);
        queued(&store, new).await;
    }
    assert_eq!(claimed(&store, 59).await, None);
    assert_eq!(store.next_due_run(at(59)).await.unwrap(), Some(at(60)));
    let (first, ()) = store.claim(at(60), |_| ()).await.unwrap().unwrap();
    let first = first.run;
    assert_eq!(first.created_at, at(60));
    assert_eq!(store.next_due_run(at(60)).await.unwrap(), Some(at(90)));
    // Due, but behind a run of its thread: nothing to wake up for.
    assert_eq!(store.next_due_run(at(90)).await.unwrap(), None);
}

#[tokio::test]
async fn runs_left_running_by_a_dead_server_are_queued_again_in_their_order() {
    let store = open().await;
    let (one, two) = (
        thread(&store, json!({})).await,
        thread(&store, json!({})).await,
    );
    let first = started(&store, new_run(one, 1)).await.run;
    let second = started(&store, new_run(two, 2)).await.run;
    let behind = queued(&store, new_run(one, 3)).await.run;

    let recovered = recovered(&store, 9).await;
    assert!(recovered.given_up.is_empty());
    let attempts = recovered
        .going_on
        .iter()
        .map(|run| (run.run_id, run.attempt));
    assert_eq!(
        attempts.collect::<Vec<_>>(),
        [(first.run_id, 2), (second.run_id, 2), (behind.run_id, 1)]
    );
    assert_eq!(thread_row(&store, one).await.status, ThreadStatus::Busy);
    assert_eq!(claimed(&store, 10).await, Some(first.run_id));
    assert_eq!(claimed(&store, 10).await, Some(second.run_id));
    assert_eq!(claimed(&store, 10).await, None);
    finish(&store, first.run_id, &success(json!({}), 11)).await;
    assert_eq!(claimed(&store, 11).await, Some(behind.run_id));
}

#[tokio::test]
async fn a_running_run_that_was_told_to_stop_is_stopped_when_its_server_is_dead() {
    let store = open().await;
    for rollback in [false, true] {
        let thread_id = thread(&store, json!({})).await;
        let run = started(&store, new_run(thread_id, 1)).await.run;
        let behind = queued(&store, new_run(thread_id, 2)).await.run;
        // The first order counts.
        for order in [asked(rollback), asked(!rollback)] {
            let which = CancelTarget::Runs(thread_id, vec![run.run_id]);
            let everything = store.everything();
            let cancelled = store.cancel_runs(which, order, at(3), &everything, |found| found);
            assert_eq!(cancelled.await.unwrap().running, [run.run_id]);
        }
        assert_eq!(run_status(&store, &run).await, Some(RunStatus::Running));

        let recovered = recovered(&store, 9).await;
        let [stopped] = &recovered.stopped[..] else {
            panic!("{recovered:?}")
        };
        assert_eq!(
            (stopped.run.run_id, &stopped.order),
            (run.run_id, &asked(rollback))
        );
        assert_eq!(
            run_status(&store, &run).await,
            (!rollback).then_some(RunStatus::Interrupted)
        );
        assert_eq!(recovered.going_on[0].run_id, behind.run_id);
        assert_eq!(claimed(&store, 10).await, Some(behind.run_id));
        finish(&store, behind.run_id, &success(json!({}), 11)).await;
    }
}

#[tokio::test]
async fn a_run_that_a_newer_one_displaces_is_stopped_when_its_server_is_dead() {
    let store = open().await;
    for strategy in [MultitaskStrategy::Interrupt, MultitaskStrategy::Rollback] {
        let thread_id = thread(&store, json!({})).await;
        let run = started(&store, new_run(thread_id, 1)).await.run;
        let mut newer = new_run(thread_id, 2);
        newer.run.multitask_strategy = strategy;
        let newer = queued(&store, newer).await.run;
        let recovered = recovered(&store, 9).await;
        assert_eq!(recovered.stopped[0].run.run_id, run.run_id);
        let rollback = strategy == MultitaskStrategy::Rollback;
        assert_eq!(recovered.stopped[0].order, StopOrder::displaced(rollback));
        assert_eq!(claimed(&store, 10).await, Some(newer.run_id));
        finish(&store, newer.run_id, &success(json!({}), 11)).await;
    }
}

#[tokio::test]
async fn a_run_that_was_cut_off_three_times_ends_as_an_error_and_its_thread_goes_on() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let behind = queued(&store, new_run(thread_id, 2)).await.run;
    for attempt in 2..=MOST_ATTEMPTS {
        let recovered = recovered(&store, 9).await;
        assert_eq!(recovered.going_on[0].attempt, attempt);
        let (claimed, ()) = store.claim(at(10), |_| ()).await.unwrap().unwrap();
        assert_eq!((claimed.run.run_id, claimed.attempt), (run.run_id, attempt));
    }
    let recovered = recovered(&store, 11).await;
    assert_eq!(recovered.given_up[0].run.run_id, run.run_id);
    assert_eq!(recovered.going_on[0].run_id, behind.run_id);
    assert_eq!(run_status(&store, &run).await, Some(RunStatus::Error));
    let row = thread_row(&store, thread_id).await;
    assert_eq!(row.status, ThreadStatus::Busy);
    assert_eq!(row.error.unwrap().error, "TooManyAttempts");
    assert_eq!(claimed(&store, 12).await, Some(behind.run_id));
}

#[tokio::test]
async fn a_run_that_is_executed_again_goes_on_where_it_was_and_its_attempts_are_counted_with_those_of_the_server()
 {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let admitted = started(&store, new_run(thread_id, 1)).await;
    let run = admitted.run;
    let again = async |counted| {
        let again = store.execute_again(admitted.claim, counted, None, || ());
        again.await.unwrap().map(|again| again.attempt)
    };
    // One that was not at fault has as many attempts as before.
    assert_eq!(again(false).await, Some(1));
    assert_eq!(again(true).await, Some(2));
    let recovered = recovered(&store, 9).await;
    assert_eq!(recovered.going_on[0].attempt, 3);
    assert_eq!(again(true).await, None, "it is pending");
    assert_eq!(claimed(&store, 10).await, Some(run.run_id));
    finish(&store, run.run_id, &success(json!({}), 11)).await;
    assert_eq!(again(true).await, None, "it has ended");
}

#[tokio::test]
async fn a_run_that_is_handed_back_has_lost_no_attempt_and_its_claim_does_not_hold_any_more() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let first = started(&store, new_run(thread_id, 1)).await;
    let old = first.claim;
    assert!(!old.is_repeated());
    assert!(store.hand_back(old, false).await.unwrap());
    assert!(!store.hand_back(old, false).await.unwrap(), "it is pending");
    assert_eq!(
        run_status(&store, &first.run).await,
        Some(RunStatus::Pending)
    );
    let row = thread_row(&store, thread_id).await;
    assert_eq!(row.status, ThreadStatus::Busy);

    let taken = store.claim(at(9), |_| ()).await.unwrap().unwrap().0;
    assert_eq!(taken.attempt, 1);
    assert!(taken.claim.is_repeated() && taken.claim.number > old.number);
    let end = |claim: Claim| {
        let end = Arc::new(success(json!({"n": claim.number}), 10));
        store.finish(claim, end, None, || Ok::<_, ()>(()), |_| ())
    };
    assert!(!store.hand_back(old, false).await.unwrap());
    let again = store.execute_again(old, true, None, || ()).await;
    assert_eq!(again.unwrap(), None);
    let late = end(old).await.unwrap().unwrap();
    assert!(late.run.is_none() && late.goes_on_elsewhere);
    let ended = end(taken.claim).await.unwrap().unwrap();
    assert!(ended.run.is_some() && !ended.goes_on_elsewhere);
    let over = end(taken.claim).await.unwrap().unwrap();
    assert!(over.run.is_none() && over.goes_on_elsewhere);
}

#[tokio::test]
async fn a_run_that_is_to_stop_is_not_handed_back() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let running = started(&store, new_run(thread_id, 1)).await;
    let which = CancelTarget::Runs(thread_id, vec![running.run.run_id]);
    let everything = store.everything();
    let told = store.cancel_runs(which, asked(false), at(2), &everything, |found| found);
    told.await.unwrap();
    assert!(!store.hand_back(running.claim, false).await.unwrap());
    let executing = store.list_executing_runs().await.unwrap();
    assert_eq!(executing.len(), 1);
    assert_eq!(executing[0].claim, running.claim);
    assert_eq!(executing[0].stop, Some(asked(false)));
    assert_eq!(recovered(&store, 9).await.stopped.len(), 1);
}

#[tokio::test]
async fn runs_are_listed_newest_first() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    let one = started(&store, new_run(thread_id, 1)).await.run.run_id;
    let two = queued(&store, new_run(thread_id, 2)).await.run.run_id;
    let three = queued(&store, new_run(thread_id, 3)).await.run.run_id;
    let list = async |status, limit, offset, scope: &Scope| {
        let page = Page { limit, offset };
        let query = RunQuery {
            status,
            ..RunQuery::default()
        };
        let runs = store
            .list_runs(thread_id, query.clone(), page, scope)
            .await
            .unwrap();
        runs.map(|runs| runs.into_iter().map(|run| run.run_id).collect::<Vec<_>>())
    };
    let everything = store.everything();
    assert_eq!(
        list(None, 10, 0, &everything).await,
        Some(vec![three, two, one])
    );
    assert_eq!(list(None, 1, 1, &everything).await, Some(vec![two]));
    assert_eq!(list(None, 0, 0, &everything).await, Some(vec![]));
    assert_eq!(
        list(Some(RunStatus::Pending), 10, 0, &everything).await,
        Some(vec![three, two])
    );
    assert_eq!(list(None, 10, 0, &store.owned_by("bob")).await, None);
    let missing = store
        .list_runs(ThreadId::fresh(), RunQuery::default(), ALL, &everything)
        .await
        .unwrap();
    assert_eq!(missing, None);
}

#[tokio::test]
async fn a_run_is_found_on_its_own_thread_by_those_who_see_it() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    let other = thread(&store, json!({"owner": "alice"})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let get = async |thread_id, owner: &str| {
        let scope = store.owned_by(owner);
        let run = store.get_run(thread_id, run.run_id, &scope).await;
        run.unwrap()
    };
    assert_eq!(get(thread_id, "alice").await, Some(run.clone()));
    assert_eq!(get(other, "alice").await, None);
    assert_eq!(get(thread_id, "bob").await, None);
    let thread_of = async |run_id| store.get_thread_of_run(run_id).await.unwrap();
    assert_eq!(thread_of(run.run_id).await, Some(thread_id));
    assert_eq!(thread_of(RunId::fresh()).await, None);
}

#[tokio::test]
async fn cancelling_finds_runs_by_id_or_by_status_on_visible_threads() {
    let store = open().await;
    let (mine, theirs) = (
        thread(&store, json!({"owner": "me"})).await,
        thread(&store, json!({"owner": "them"})).await,
    );
    let over = started(&store, new_run(mine, 1)).await.run;
    finish(&store, over.run_id, &success(json!({}), 1)).await;
    let running = started(&store, new_run(mine, 2)).await.run;
    let pending = queued(&store, new_run(mine, 3)).await.run;
    let other = started(&store, new_run(theirs, 4)).await.run;

    // Nothing that a look at the running ones alone would change.
    let find = async |which: CancelTarget, owner: &str| {
        let scope = store.owned_by(owner);
        let found = store.cancel_runs(which, asked(false), at(5), &scope, |found| found);
        found.await.unwrap()
    };
    let named = vec![over.run_id, running.run_id, other.run_id, RunId::fresh()];
    let by_id = CancelTarget::Runs(mine, named);
    let of_mine = Cancelled {
        pending: vec![],
        running: vec![running.run_id],
        threads: vec![],
    };
    assert_eq!(find(by_id.clone(), "me").await, of_mine);
    assert_eq!(find(by_id, "them").await, Cancelled::default());
    let by_status = CancelTarget::Status(vec![RunStatus::Running]);
    assert_eq!(find(by_status.clone(), "me").await, of_mine);
    let everything = store.everything();
    let both = store.cancel_runs(by_status, asked(false), at(5), &everything, |found| {
        found.running
    });
    assert_eq!(both.await.unwrap(), [running.run_id, other.run_id]);
    assert_eq!(run_status(&store, &pending).await, Some(RunStatus::Pending));

    let all = CancelTarget::Status(vec![RunStatus::Pending, RunStatus::Running]);
    let expected = Cancelled {
        pending: vec![pending.run_id],
        // The other one still runs there.
        threads: vec![(mine, ThreadStatus::Busy)],
        ..of_mine
    };
    assert_eq!(find(all, "me").await, expected);
}

#[tokio::test]
async fn cancelling_ends_pending_runs_and_frees_their_thread() {
    let store = open().await;
    for rollback in [false, true] {
        let thread_id = thread(&store, json!({})).await;
        let pending = waiting(&store, thread_id, 1).await;
        let running = started(&store, new_run(thread(&store, json!({})).await, 1))
            .await
            .run;
        let named = vec![pending.run_id, RunId::fresh()];
        let which = CancelTarget::Runs(thread_id, named);
        let everything = store.everything();
        let cancelled =
            store.cancel_runs(which, asked(rollback), at(2), &everything, |found| found);
        assert_eq!(cancelled.await.unwrap().pending, [pending.run_id]);
        assert_eq!(
            run_status(&store, &pending).await,
            (!rollback).then_some(RunStatus::Interrupted)
        );
        assert_eq!(run_status(&store, &running).await, Some(RunStatus::Running));
        assert_eq!(
            thread_row(&store, thread_id).await.status,
            ThreadStatus::Idle
        );
    }
}

#[tokio::test]
async fn deleting_a_run_takes_its_checkpoints_and_frees_its_thread() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let id = run.run_id.to_string();
    let ids = chain(&store, thread_id, &[None, Some(&id)]).await;
    assert_eq!(
        store
            .delete_run(thread_id, run.run_id, &store.everything(), |_| ())
            .await
            .unwrap(),
        Some(())
    );
    assert_eq!(run_status(&store, &run).await, None);
    assert_eq!(
        thread_row(&store, thread_id).await.status,
        ThreadStatus::Idle
    );
    let newest = get(&store, thread_id, "", None).await;
    assert_eq!(newest.unwrap().row.checkpoint_id, ids[0]);
    assert_eq!(
        store
            .delete_run(thread_id, run.run_id, &store.everything(), |_| ())
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_thread_comes_with_its_runs_oldest_first() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    let first = started(&store, new_run(thread_id, 1)).await.run;
    let second = queued(&store, new_run(thread_id, 2)).await.run;
    finish(&store, first.run_id, &success(json!({"a": 1}), 3)).await;
    let found = store
        .get_thread_with_runs(thread_id, &store.everything())
        .await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.thread.values.get(), r#"{"a":1}"#);
    let runs: Vec<_> = found
        .runs
        .iter()
        .map(|run| (run.run_id, run.status))
        .collect();
    assert_eq!(
        runs,
        [
            (first.run_id, RunStatus::Success),
            (second.run_id, RunStatus::Pending)
        ]
    );
    let hidden = store.owned_by("bob");
    assert_eq!(
        store
            .get_thread_with_runs(thread_id, &hidden)
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn the_threads_of_an_assistant_are_those_it_has_run_on() {
    let store = open().await;
    let (one, two) = (
        thread(&store, json!({"owner": "alice"})).await,
        thread(&store, json!({"owner": "bob"})).await,
    );
    let mut elsewhere = NewRun {
        may_start: false,
        ..new_run(one, 1)
    };
    elsewhere.run.assistant_id = AssistantId::of_graph("other");
    queued(&store, elsewhere).await;
    for thread_id in [one, two, two] {
        waiting(&store, thread_id, 2).await;
    }
    let asked = AssistantRuns {
        assistant_id: AssistantId::of_graph("agent"),
        thread_id: None,
        thread_metadata: JsonObject::new(),
    };
    let ids = async |asked: AssistantRuns, scope: &Scope| {
        let found = store.list_threads_of_assistant(asked, scope).await.unwrap();
        let mut ids: Vec<_> = found
            .iter()
            .map(|found| (found.thread.thread_id, found.runs.len()))
            .collect();
        ids.sort_by_key(|(thread_id, _)| *thread_id != one);
        ids
    };
    let all = store.everything();
    assert_eq!(ids(asked.clone(), &all).await, [(one, 2), (two, 2)]);
    assert_eq!(ids(asked.clone(), &store.owned_by("bob")).await, [(two, 2)]);
    let on_one = AssistantRuns {
        thread_id: Some(one),
        ..asked.clone()
    };
    assert_eq!(ids(on_one, &all).await, [(one, 2)]);
    let of_bob = AssistantRuns {
        thread_metadata: object(json!({"owner": "bob"})),
        ..asked.clone()
    };
    assert_eq!(ids(of_bob, &all).await, [(two, 2)]);
    let nobody = AssistantRuns {
        assistant_id: AssistantId::of_graph("nobody"),
        ..asked
    };
    assert_eq!(ids(nobody, &all).await, []);
}
