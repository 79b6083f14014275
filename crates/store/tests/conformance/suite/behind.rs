//! Rows of threads that are behind their newest checkpoints: when they are, and how they catch up.

use lgx_model::ThreadStatus;
use lgx_store::runs::MOST_ATTEMPTS;
use lgx_store::threads::ThreadState;

use super::checkpoints::chain;
use super::*;

async fn behind(store: &Backend) -> Vec<ThreadId> {
    let behind = store.threads_behind().await.unwrap();
    behind.into_iter().map(|behind| behind.thread_id).collect()
}

fn state(values: Value) -> ThreadState {
    ThreadState {
        status: ThreadStatus::Interrupted,
        values: Some(raw(&values)),
        interrupts: RawJson::empty_object(),
        error: None,
    }
}

/// A run that ends without its values, after it has made this many checkpoints.
async fn without_values(store: &Backend, thread_id: ThreadId, checkpoints: usize) -> Vec<String> {
    let run = started(store, new_run(thread_id, 1)).await.run;
    let id = run.run_id.to_string();
    let made = chain(store, thread_id, &vec![Some(&*id); checkpoints]).await;
    let failed = Finish::failed(RunError::new("WorkerDied", "gone"), at(2));
    let finished = finish(store, run.run_id, &failed).await;
    assert_eq!(finished.is_behind, checkpoints > 0);
    made
}

#[tokio::test]
async fn an_update_leaves_the_row_behind_until_the_row_is_written_too() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    chain(&store, thread_id, &[None]).await;
    assert_eq!(behind(&store).await, [thread_id]);
    let written = store.set_thread_state(thread_id, state(json!({"n": 1})), at(3));
    written.await.unwrap();
    assert_eq!(behind(&store).await, []);

    let made = chain(&store, thread_id, &[None, None]).await;
    let newer = |checkpoint: &str| {
        let (store, checkpoint) = (&store, checkpoint.to_owned());
        async move {
            let state = state(json!({"n": 2}));
            let caught_up = store.catch_up(thread_id, checkpoint, state, at(4));
            caught_up.await.unwrap()
        }
    };
    assert!(!newer(&made[0]).await, "there is a newer one");
    assert!(newer(&made[1]).await);
    assert!(!newer(&made[1]).await, "it is not behind any more");
    let row = thread_row(&store, thread_id).await;
    assert_eq!(
        (row.values.get(), row.status, row.state_updated_at),
        (r#"{"n":2}"#, ThreadStatus::Interrupted, at(4))
    );
}

#[tokio::test]
async fn a_run_that_ends_without_its_values_leaves_the_row_behind_if_it_has_saved_anything() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    without_values(&store, thread_id, 0).await;
    assert_eq!(behind(&store).await, []);
    let made = without_values(&store, thread_id, 2).await;
    assert_eq!(behind(&store).await, [thread_id]);
    assert!(store.thread_behind(thread_id).await.unwrap().is_some());
    let caught_up = store.catch_up(thread_id, made[1].clone(), state(json!({"n": 2})), at(4));
    assert!(caught_up.await.unwrap());
    assert!(store.thread_behind(thread_id).await.unwrap().is_none());
    let row = thread_row(&store, thread_id).await;
    assert_eq!(
        (row.values.get(), row.status, row.state_updated_at),
        (r#"{"n":2}"#, ThreadStatus::Error, at(2)),
        "what else the run left stays"
    );
    assert_eq!(row.error.unwrap().error, "WorkerDied");
}

#[tokio::test]
async fn the_next_run_catches_up_by_itself() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let made = without_values(&store, thread_id, 1).await;
    let next = started(&store, new_run(thread_id, 3)).await.run;
    assert_eq!(behind(&store).await, [], "it is not at rest");
    let late = store.catch_up(thread_id, made[0].clone(), state(json!({})), at(4));
    assert!(!late.await.unwrap());
    finish(&store, next.run_id, &success(json!({"n": 3}), 5)).await;
    assert_eq!(behind(&store).await, []);
}

#[tokio::test]
async fn a_run_that_was_cut_off_three_times_leaves_the_row_behind() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    chain(&store, thread_id, &[Some(&run.run_id.to_string())]).await;
    for _ in 2..=MOST_ATTEMPTS {
        recovered(&store, 9).await;
        store.claim(at(10), |_| ()).await.unwrap().unwrap();
    }
    recovered(&store, 11).await;
    assert_eq!(behind(&store).await, [thread_id]);
}
