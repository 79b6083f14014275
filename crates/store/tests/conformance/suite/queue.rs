//! The queue in numbers.

use lgx_store::runs::Queue;

use std::sync::Mutex;

use super::*;

#[tokio::test]
async fn whoever_looks_at_what_waits_sees_the_next_first() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    started(&store, new_run(thread_id, 0)).await;
    let mut waiting = Vec::new();
    for seconds in [3, 1, 2] {
        let run = queued(&store, new_run(thread_id, seconds)).await.run;
        waiting.push((run.created_at, run.run_id));
    }
    waiting.sort();
    let seen = Arc::<Mutex<Vec<_>>>::default();
    let noted = Arc::clone(&seen);
    let look = move |run: &Run| noted.lock().unwrap().push((run.created_at, run.run_id));
    store.look_at_pending_runs(look).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), waiting);
}

#[tokio::test]
async fn runs_wait_for_their_thread_or_for_a_slot() {
    let store = open().await;
    assert_eq!(store.run_queue(at(0)).await.unwrap(), Queue::default());
    let [one, two, three] = [
        thread(&store, json!({})).await,
        thread(&store, json!({})).await,
        thread(&store, json!({})).await,
    ];
    started(&store, new_run(one, 0)).await;
    queued(&store, new_run(one, 10)).await;
    for (thread_id, due) in [(two, 20), (three, 40), (three, 1000)] {
        let mut new = new_run(thread_id, due);
        new.may_start = false;
        queued(&store, new).await;
    }
    let queue = store.run_queue(at(50)).await.unwrap();
    assert_eq!((queue.pending, queue.running), (4, 1));
    assert_eq!(queue.waits, [(40.0, true), (30.0, false), (10.0, false)]);
    assert_eq!(queue.longest(), Some(40.0));
    assert_eq!(queue.median(), Some(30.0));
    assert_eq!(queue.longest_unblocked(), Some(30.0));
    let even = Queue {
        waits: vec![(4.0, true), (1.0, true)],
        ..Queue::default()
    };
    assert_eq!((even.median(), even.longest_unblocked()), (Some(2.5), None));
}
