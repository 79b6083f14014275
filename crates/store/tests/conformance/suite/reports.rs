//! Reports: stored with the ends of runs that have a webhook, whatever ends them, until somebody says that they are over.

use std::slice;

use lgx_store::reports::Report;
use lgx_store::runs::{CancelTarget, MOST_ATTEMPTS};
use lgx_store::truncate::{OfThreads, Truncation};

use super::*;

fn with_webhook(mut new: NewRun) -> NewRun {
    new.run.kwargs.webhook = Some("https://example.com/hook".into());
    new
}

async fn left(store: &Backend) -> Vec<Report> {
    store.take_reports().await.unwrap()
}

/// The report of a run that has ended on a new thread with this metadata.
async fn reported(store: &Backend, metadata: Value) -> Report {
    let thread_id = thread(store, metadata).await;
    let run = started(store, with_webhook(new_run(thread_id, 1)))
        .await
        .run;
    let finished = finish(store, run.run_id, &success(json!({"n": 1}), 5)).await;
    finished.report.unwrap()
}

#[tokio::test]
async fn the_end_of_a_run_with_a_webhook_is_to_be_reported_and_no_other() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let finished = finish(&store, run.run_id, &success(json!({"n": 0}), 2)).await;
    assert!(finished.report.is_none() && left(&store).await.is_empty());

    let run = started(&store, with_webhook(new_run(thread_id, 3)))
        .await
        .run;
    let finished = finish(&store, run.run_id, &success(json!({"n": 1}), 5)).await;
    let report = finished.report.unwrap();
    assert_eq!(left(&store).await, slice::from_ref(&report));
    assert_eq!(Some(&report.run), finished.run.as_ref());
    assert_eq!(report.values.get(), r#"{"n":1}"#);
    assert_eq!(
        (report.began, report.error, report.tries, report.tried_at),
        (at(4), None, 1, at(5))
    );
}

#[tokio::test]
async fn an_end_that_is_saved_once_more_says_what_is_to_be_reported_until_that_is_over() {
    let store = open().await;
    let report = reported(&store, json!({})).await;
    let run_id = report.run.run_id;
    let again = finish(&store, run_id, &success(json!({"n": 2}), 6)).await;
    assert!(again.run.is_none());
    assert_eq!(again.report.as_ref(), Some(&report));
    store.delete_report(report.id).await.unwrap();
    let again = finish(&store, run_id, &success(json!({"n": 2}), 7)).await;
    assert!(again.report.is_none());
}

#[tokio::test]
async fn a_report_tells_of_the_end_whatever_becomes_of_the_run_its_thread_and_its_values() {
    let store = open().await;
    let report = reported(&store, json!({})).await;
    let thread_id = report.run.thread_id;
    let next = started(&store, new_run(thread_id, 6)).await.run;
    finish(&store, next.run_id, &success(json!({"n": 2}), 7)).await;
    assert_eq!(left(&store).await, slice::from_ref(&report));
    let everything = store.everything();
    let (run_id, scope) = (report.run.run_id, &everything);
    let deleted = store.delete_run(thread_id, run_id, scope, |_| ()).await;
    assert!(deleted.unwrap().is_some());
    let deleted = store.delete_thread(thread_id, scope, |_| ()).await;
    assert!(deleted.unwrap().is_some());
    assert_eq!(left(&store).await, [report]);
}

#[tokio::test]
async fn runs_that_are_taken_back_or_go_with_their_threads_are_reported_too() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, with_webhook(new_run(thread_id, 1)))
        .await
        .run;
    let rollback = Finish {
        rollback: true,
        ..success(json!({"n": 1}), 2)
    };
    let taken_back = finish(&store, run.run_id, &rollback).await.report.unwrap();
    assert!(taken_back.values.is_null());

    let new = NewRun {
        create_thread: true,
        ..with_webhook(new_run(ThreadId::fresh(), 3))
    };
    let run = started(&store, new).await.run;
    let with_thread = Finish {
        delete_thread: true,
        ..success(json!({"n": 1}), 4)
    };
    let gone = finish(&store, run.run_id, &with_thread)
        .await
        .report
        .unwrap();
    assert!(gone.values.is_null(), "they are nobody's any more");
    assert_eq!(left(&store).await, [taken_back, gone]);
}

#[tokio::test]
async fn runs_that_end_because_their_server_is_dead_are_reported_too() {
    let store = open().await;
    let one = thread(&store, json!({})).await;
    let stopped = started(&store, with_webhook(new_run(one, 1))).await.run;
    let which = CancelTarget::Runs(one, vec![stopped.run_id]);
    let everything = store.everything();
    let cancelled = store.cancel_runs(which, asked(false), at(2), &everything, |_| ());
    cancelled.await.unwrap();
    let two = thread(&store, json!({})).await;
    let cut_off = started(&store, with_webhook(new_run(two, 1))).await.run;
    for _ in 2..=MOST_ATTEMPTS {
        recovered(&store, 9).await;
        store.claim(at(10), |_| ()).await.unwrap().unwrap();
    }
    recovered(&store, 11).await;
    let reports = left(&store).await;
    let told = reports.iter().map(|report| {
        let error = report.error.as_ref().unwrap();
        (report.run.run_id, report.run.status, &*error.error)
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (stopped.run_id, RunStatus::Interrupted, "Stopped"),
            (cut_off.run_id, RunStatus::Error, "TooManyAttempts")
        ]
    );
    assert_eq!((reports[1].began, reports[1].tried_at), (at(11), at(11)));
}

#[tokio::test]
async fn tries_are_counted_until_the_report_is_over() {
    let store = open().await;
    let report = reported(&store, json!({})).await;
    assert!(store.begin_report_try(report.id, at(6)).await.unwrap());
    let [tried] = &left(&store).await[..] else {
        panic!("one report")
    };
    assert_eq!((tried.tries, tried.tried_at), (2, at(6)));
    store.delete_report(report.id).await.unwrap();
    assert!(!store.begin_report_try(report.id, at(7)).await.unwrap());
    assert_ne!(reported(&store, json!({})).await.id, report.id);
}

#[tokio::test]
async fn whoever_clears_threads_or_runs_clears_the_reports_of_them_even_of_those_that_are_gone() {
    let store = open().await;
    let hers = store.owned_by("her");
    for of_threads in [
        OfThreads::All,
        OfThreads::Only {
            runs: true,
            checkpoints: false,
        },
    ] {
        let there = reported(&store, json!({"owner": "her"})).await;
        let gone = reported(&store, json!({"owner": "her"})).await;
        let scope = store.everything();
        let deleted = store.delete_thread(gone.run.thread_id, &scope, |_| ());
        deleted.await.unwrap();
        let his = reported(&store, json!({"owner": "him"})).await;
        let truncate = async |of_threads| {
            let what = Truncation {
                threads: Some((of_threads, hers.clone())),
                ..Truncation::default()
            };
            store.truncate(what, at(9), |_| ()).await.unwrap();
        };
        truncate(OfThreads::Only {
            runs: false,
            checkpoints: true,
        })
        .await;
        assert_eq!(left(&store).await, [there, gone, his.clone()]);
        truncate(of_threads).await;
        assert_eq!(left(&store).await, slice::from_ref(&his));
        store.delete_report(his.id).await.unwrap();
    }
}
