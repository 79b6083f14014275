//! Runs are found over all threads, by what is asked and as far as the caller may see.

use lgx_model::query::{Page, RunSearch};
use lgx_model::{AssistantId, CronId, RunOrigin};
use lgx_store::runs::CancelTarget;

use super::*;

/// The runs that are found, the newest first, and how many there are in all.
async fn found(store: &Backend, query: RunSearch, page: Page, scope: &Scope) -> (Vec<RunId>, u64) {
    let found = store.search_runs(query, page, scope).await.unwrap();
    let ids = found.rows.iter().map(|found| found.run.run_id);
    (ids.collect(), found.total)
}

#[tokio::test]
async fn runs_are_found_by_each_of_what_can_be_asked() {
    let store = open().await;
    let (hers, his) = (
        thread(&store, json!({"owner": "ann"})).await,
        thread(&store, json!({"owner": "bob"})).await,
    );
    let cron_id = CronId::fresh();
    let first = started(&store, new_run(hers, 1)).await.run.run_id;
    let mut of_cron = new_run(hers, 2);
    of_cron.run.origin = RunOrigin {
        assistant_version: Some(3),
        cron_id: Some(cron_id),
    };
    let second = queued(&store, of_cron).await.run.run_id;
    let mut of_other = new_run(his, 3);
    of_other.run.assistant_id = AssistantId::of_graph("other");
    of_other.run.kwargs.config = object(json!({"configurable": {"graph_id": "other\u{0}"}}));
    let third = started(&store, of_other).await.run.run_id;

    let all = RunSearch::default;
    let graph = |graph_id: &str| RunSearch {
        graph_id: Some(graph_id.to_owned()),
        ..all()
    };
    let cases = [
        (all(), vec![third, second, first]),
        (
            RunSearch {
                status: Some(RunStatus::Running),
                ..all()
            },
            vec![third, first],
        ),
        (graph("agent"), vec![second, first]),
        (graph("nothing"), vec![]),
        (
            RunSearch {
                assistant_id: Some(AssistantId::of_graph("other")),
                ..all()
            },
            vec![third],
        ),
        (
            RunSearch {
                thread_id: Some(hers),
                ..all()
            },
            vec![second, first],
        ),
        (
            RunSearch {
                cron_id: Some(cron_id),
                ..all()
            },
            vec![second],
        ),
        (
            RunSearch {
                created_after: Some(at(2)),
                created_before: Some(at(3)),
                ..all()
            },
            vec![second],
        ),
    ];
    let everything = store.everything();
    for (query, wanted) in cases {
        let total = u64::try_from(wanted.len()).unwrap();
        let what = format!("{query:?}");
        let found = found(&store, query, ALL, &everything).await;
        assert_eq!(found, (wanted, total), "{what}");
    }
    let of_ann = store.owned_by("ann");
    for scope in [&everything, &of_ann] {
        let (total, wanted) = if scope.may_hide() {
            (2, first)
        } else {
            (3, second)
        };
        let page = Page {
            limit: 1,
            offset: 1,
        };
        assert_eq!(
            found(&store, all(), page, scope).await,
            (vec![wanted], total)
        );
    }
}

#[tokio::test]
async fn what_a_run_was_made_of_comes_back_as_it_was() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let mut new = new_run(thread_id, 1);
    let text = r#"{"z": 1.10, "a": 12345678901234567890123, "nul": "\u0000", "e": 1E2}"#;
    new.run.kwargs.input = RawJson::from_text(text.to_owned()).unwrap();
    new.run.metadata = object(json!({"z": "\u{0}", "a": [1, null]}));
    new.own_metadata = new.run.metadata.clone();
    let admitted = started(&store, new).await.run;
    let everything = store.everything();
    let stored = store.get_run(thread_id, admitted.run_id, &everything).await;
    let stored = stored.unwrap().unwrap();
    assert_eq!(stored.kwargs.input.get(), text);
    assert_eq!(stored, admitted);
}

#[tokio::test]
async fn a_request_to_cancel_means_what_is_named_and_may_be_seen() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "ann"})).await;
    let running = started(&store, new_run(thread_id, 1)).await.run.run_id;
    let waiting = queued(&store, new_run(thread_id, 2)).await.run.run_id;
    let other = thread(&store, json!({"owner": "bob"})).await;
    let elsewhere = started(&store, new_run(other, 3)).await.run.run_id;
    let named = CancelTarget::Runs(
        thread_id,
        vec![waiting, RunId::fresh(), elsewhere, running, waiting],
    );
    let under_way = CancelTarget::Status(vec![RunStatus::Pending, RunStatus::Running]);
    let status_of = |run_id| match run_id {
        _ if run_id == waiting => (run_id, RunStatus::Pending),
        _ => (run_id, RunStatus::Running),
    };
    let cases = [
        (
            named.clone(),
            store.everything(),
            vec![waiting, running, waiting],
        ),
        (named, store.owned_by("bob"), vec![]),
        (
            under_way.clone(),
            store.everything(),
            vec![running, waiting, elsewhere],
        ),
        (under_way, store.owned_by("bob"), vec![elsewhere]),
        (
            CancelTarget::Status(vec![RunStatus::Success]),
            store.everything(),
            vec![],
        ),
    ];
    for (which, scope, wanted) in cases {
        let what = format!("{which:?}");
        let found = store.runs_to_cancel(which, &scope).await.unwrap();
        let wanted: Vec<_> = wanted.into_iter().map(status_of).collect();
        assert_eq!(found, wanted, "{what}");
    }
}
