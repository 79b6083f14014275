//! The queue of runs, and listing, cancelling and deleting them.

use lgx_model::query::{Page, RunQuery};
use lgx_model::{RunStatus, ThreadStatus};
use serde_json::json;

use super::*;
use crate::runs::{self, claim, next_due, recover};

fn claimed(connection: &Connection, seconds: i64) -> Option<RunId> {
    claim(connection, at(seconds))
        .unwrap()
        .map(|claimed| claimed.run.run_id)
}

fn waiting(connection: &Connection, thread_id: ThreadId, seconds: i64) -> Run {
    queued(
        connection,
        NewRun {
            may_start: false,
            ..new_run(thread_id, seconds)
        },
    )
    .run
}

#[test]
fn the_oldest_due_run_of_a_free_thread_is_next() {
    let connection = connection();
    let (one, two) = (
        thread(&connection, json!({})),
        thread(&connection, json!({})),
    );
    let running = started(&connection, new_run(one, 1)).run;
    let behind = queued(&connection, new_run(one, 2)).run;
    let first = waiting(&connection, two, 3);
    let second = waiting(&connection, two, 4);

    assert_eq!(claimed(&connection, 10), Some(first.run_id));
    assert_eq!(run_status(&connection, &first), Some(RunStatus::Running));
    assert_eq!(claimed(&connection, 10), None);

    runs::finish(&connection, running.run_id, &success(json!({}), 11)).unwrap();
    assert_eq!(claimed(&connection, 11), Some(behind.run_id));
    runs::finish(&connection, first.run_id, &success(json!({}), 12)).unwrap();
    assert_eq!(claimed(&connection, 12), Some(second.run_id));
    assert_eq!(claimed(&connection, 12), None);
}

#[test]
fn a_claimed_run_brings_the_newest_root_checkpoint() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let ids = super::checkpoints::chain(&connection, thread_id, &[None, None, None]);
    waiting(&connection, thread_id, 1);
    let checkpoint = claim(&connection, at(1))
        .unwrap()
        .unwrap()
        .checkpoint
        .unwrap();
    assert_eq!(checkpoint.row.checkpoint_id, ids[2]);
}

#[test]
fn scheduled_runs_wait_for_their_time_and_say_when_it_is() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    assert_eq!(next_due(&connection, at(1)).unwrap(), None);
    for due in [90, 60] {
        let mut new = new_run(thread_id, 1);
        new.run.created_at = at(due);
        queued(&connection, new);
    }
    assert_eq!(claimed(&connection, 59), None);
    assert_eq!(next_due(&connection, at(59)).unwrap(), Some(at(60)));
    let first = claim(&connection, at(60)).unwrap().unwrap().run;
    assert_eq!(first.created_at, at(60));
    assert_eq!(next_due(&connection, at(60)).unwrap(), Some(at(90)));
    // Due, but behind a run of its thread: nothing to wake up for.
    assert_eq!(next_due(&connection, at(90)).unwrap(), None);
}

#[test]
fn runs_left_running_by_a_dead_server_are_queued_again_in_their_order() {
    let connection = connection();
    let (one, two) = (
        thread(&connection, json!({})),
        thread(&connection, json!({})),
    );
    let first = started(&connection, new_run(one, 1)).run;
    let second = started(&connection, new_run(two, 2)).run;
    let behind = queued(&connection, new_run(one, 3)).run;

    let recovered = recover(&connection, at(9)).unwrap();
    assert!(recovered.given_up.is_empty());
    let attempts = recovered
        .going_on
        .iter()
        .map(|run| (run.run_id, run.attempt));
    assert_eq!(
        attempts.collect::<Vec<_>>(),
        [(first.run_id, 2), (second.run_id, 2), (behind.run_id, 1)]
    );
    assert_eq!(thread_row(&connection, one).status, ThreadStatus::Busy);
    assert_eq!(claimed(&connection, 10), Some(first.run_id));
    assert_eq!(claimed(&connection, 10), Some(second.run_id));
    assert_eq!(claimed(&connection, 10), None);
    runs::finish(&connection, first.run_id, &success(json!({}), 11)).unwrap();
    assert_eq!(claimed(&connection, 11), Some(behind.run_id));
}

#[test]
fn a_run_that_was_cut_off_three_times_ends_as_an_error_and_its_thread_goes_on() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let run = started(&connection, new_run(thread_id, 1)).run;
    let behind = queued(&connection, new_run(thread_id, 2)).run;
    for attempt in 2..=runs::MOST_ATTEMPTS {
        let recovered = recover(&connection, at(9)).unwrap();
        assert_eq!(recovered.going_on[0].attempt, attempt);
        let claimed = claim(&connection, at(10)).unwrap().unwrap();
        assert_eq!((claimed.run.run_id, claimed.attempt), (run.run_id, attempt));
    }
    let recovered = recover(&connection, at(11)).unwrap();
    assert_eq!(recovered.given_up[0].run.run_id, run.run_id);
    assert_eq!(recovered.going_on[0].run_id, behind.run_id);
    assert_eq!(run_status(&connection, &run), Some(RunStatus::Error));
    let row = thread_row(&connection, thread_id);
    assert_eq!(row.status, ThreadStatus::Busy);
    assert_eq!(row.error.unwrap().error, "TooManyAttempts");
    assert_eq!(claimed(&connection, 12), Some(behind.run_id));
}

#[test]
fn a_thread_that_is_busy_with_nothing_is_put_right_at_the_start() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    connection
        .execute("UPDATE threads SET status = 'busy'", [])
        .unwrap();
    recover(&connection, at(9)).unwrap();
    assert_eq!(
        thread_row(&connection, thread_id).status,
        ThreadStatus::Idle
    );
}

#[test]
fn runs_are_listed_newest_first() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"owner": "alice"}));
    let one = started(&connection, new_run(thread_id, 1)).run.run_id;
    let two = queued(&connection, new_run(thread_id, 2)).run.run_id;
    let three = queued(&connection, new_run(thread_id, 3)).run.run_id;
    let list = |status, limit, offset, scope: &Scope| {
        let page = Page { limit, offset };
        let query = RunQuery {
            status,
            ..RunQuery::default()
        };
        let runs = runs::list(&connection, thread_id, &query, page, scope).unwrap();
        runs.map(|runs| runs.into_iter().map(|run| run.run_id).collect::<Vec<_>>())
    };
    let everything = Scope::everything();
    assert_eq!(list(None, 10, 0, &everything), Some(vec![three, two, one]));
    assert_eq!(list(None, 1, 1, &everything), Some(vec![two]));
    assert_eq!(list(None, 0, 0, &everything), Some(vec![]));
    assert_eq!(
        list(Some(RunStatus::Pending), 10, 0, &everything),
        Some(vec![three, two])
    );
    assert_eq!(list(None, 10, 0, &owned_by("bob")), None);
    let missing = runs::list(
        &connection,
        ThreadId::fresh(),
        &RunQuery::default(),
        ALL,
        &everything,
    )
    .unwrap();
    assert_eq!(missing, None);
}

#[test]
fn a_run_is_found_on_its_own_thread_by_those_who_see_it() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"owner": "alice"}));
    let other = thread(&connection, json!({"owner": "alice"}));
    let run = started(&connection, new_run(thread_id, 1)).run;
    assert_eq!(
        runs::get(&connection, thread_id, run.run_id, &owned_by("alice")).unwrap(),
        Some(run.clone())
    );
    assert_eq!(
        runs::get_by_id(&connection, run.run_id, &owned_by("alice")).unwrap(),
        Some(run.clone())
    );
    assert_eq!(
        runs::get(&connection, other, run.run_id, &owned_by("alice")).unwrap(),
        None
    );
    assert_eq!(
        runs::get(&connection, thread_id, run.run_id, &owned_by("bob")).unwrap(),
        None
    );
    assert_eq!(
        runs::get_by_id(&connection, run.run_id, &owned_by("bob")).unwrap(),
        None
    );
}

#[test]
fn cancelling_finds_runs_by_id_or_by_status_on_visible_threads() {
    let connection = connection();
    let (mine, theirs) = (
        thread(&connection, json!({"owner": "me"})),
        thread(&connection, json!({"owner": "them"})),
    );
    let over = started(&connection, new_run(mine, 1)).run;
    runs::finish(&connection, over.run_id, &success(json!({}), 1)).unwrap();
    let running = started(&connection, new_run(mine, 2)).run;
    let pending = queued(&connection, new_run(mine, 3)).run;
    let other = started(&connection, new_run(theirs, 4)).run;

    let named = [over.run_id, pending.run_id, other.run_id, RunId::fresh()];
    assert_eq!(
        runs::find_by_id(&connection, mine, &named, &owned_by("me")).unwrap(),
        [
            (over.run_id, RunStatus::Success),
            (pending.run_id, RunStatus::Pending)
        ]
    );
    assert!(
        runs::find_by_id(&connection, mine, &named, &owned_by("them"))
            .unwrap()
            .is_empty()
    );

    let both = [RunStatus::Pending, RunStatus::Running];
    let by_status = |statuses: &[RunStatus], scope| {
        let found = runs::find_by_status(&connection, statuses, &scope).unwrap();
        found
            .into_iter()
            .map(|(run_id, _)| run_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        by_status(&both, Scope::everything()),
        [running.run_id, pending.run_id, other.run_id]
    );
    assert_eq!(
        by_status(&both, owned_by("me")),
        [running.run_id, pending.run_id]
    );
    assert_eq!(
        by_status(&[RunStatus::Running], owned_by("me")),
        [running.run_id]
    );
}

#[test]
fn cancelling_ends_pending_runs_and_frees_their_thread() {
    let connection = connection();
    for rollback in [false, true] {
        let thread_id = thread(&connection, json!({}));
        let pending = waiting(&connection, thread_id, 1);
        let running = started(&connection, new_run(thread(&connection, json!({})), 1)).run;
        let named = [pending.run_id, running.run_id, RunId::fresh()];
        let cancelled = runs::cancel_pending(&connection, &named, rollback, at(2)).unwrap();
        assert_eq!(cancelled, [pending.run_id]);
        assert_eq!(
            run_status(&connection, &pending),
            (!rollback).then_some(RunStatus::Interrupted)
        );
        assert_eq!(run_status(&connection, &running), Some(RunStatus::Running));
        assert_eq!(
            thread_row(&connection, thread_id).status,
            ThreadStatus::Idle
        );
    }
}

#[test]
fn deleting_a_run_takes_its_checkpoints_and_frees_its_thread() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let run = started(&connection, new_run(thread_id, 1)).run;
    let id = run.run_id.to_string();
    let ids = super::checkpoints::chain(&connection, thread_id, &[None, Some(&id)]);
    assert_eq!(
        runs::delete(&connection, thread_id, run.run_id, &Scope::everything()).unwrap(),
        Some(RunStatus::Running)
    );
    assert_eq!(run_status(&connection, &run), None);
    assert_eq!(
        thread_row(&connection, thread_id).status,
        ThreadStatus::Idle
    );
    let newest = crate::checkpoints::get(&connection, thread_id, "", None)
        .unwrap()
        .unwrap();
    assert_eq!(newest.row.checkpoint_id, ids[0]);
    assert_eq!(
        runs::delete(&connection, thread_id, run.run_id, &Scope::everything()).unwrap(),
        None
    );
}
