//! Events that are kept: their order, their bounds, and that they go with what they belong to.

use lgx_store::events::{Append, Change, ThreadEvents};

use super::*;

fn append(run: &Run, millis: i64, serial: u32, seq: u64) -> Change<Vec<u8>> {
    Change::Append(Append {
        run_id: run.run_id,
        claim: Some(Claim {
            thread_id: run.thread_id,
            run_id: run.run_id,
            number: i64::from(run.status == RunStatus::Running),
        }),
        millis,
        serial,
        seq,
        frames: 1,
        name: "values".into(),
        data: b"{}".to_vec(),
    })
}

#[tokio::test]
async fn the_events_of_one_run_are_read_from_where_a_reader_is() {
    let store = open().await;
    let thread = thread(&store, json!({})).await;
    let first = started(&store, new_run(thread, 0)).await.run;
    let second = queued(&store, new_run(thread, 0)).await.run;
    let changes = [
        append(&first, 5, 0, 1),
        append(&first, 5, 1, 2),
        append(&second, 6, 0, 3),
        append(&first, 7, 0, 4),
    ];
    let changes = changes.map(|change| (thread, change)).into();
    store.change_events(changes).await.await.unwrap();
    let read = async |run: &Run, behind, at_most| {
        let events = store.get_events_of_run(run.run_id, behind, at_most).await;
        let events = events.unwrap().into_iter();
        let ids: Vec<_> = events.map(|event| (event.millis, event.serial)).collect();
        ids
    };
    assert_eq!(read(&first, (0, 0), 9).await, [(5, 0), (5, 1), (7, 0)]);
    assert_eq!(read(&first, (0, 0), 2).await, [(5, 0), (5, 1)]);
    assert_eq!(read(&first, (5, 0), 9).await, [(5, 1), (7, 0)]);
    assert_eq!(read(&first, (7, 0), 9).await, []);
    assert_eq!(read(&second, (0, 0), 9).await, [(6, 0)]);
}

fn ids(events: &ThreadEvents) -> Vec<(i64, u32)> {
    events
        .events
        .iter()
        .map(|event| (event.millis, event.serial))
        .collect()
}

#[tokio::test]
async fn events_come_back_in_order_and_go_with_their_run_and_their_thread() {
    let store = open().await;
    let thread = thread(&store, json!({})).await;
    let first = started(&store, new_run(thread, 0)).await.run;
    let second = queued(&store, new_run(thread, 0)).await.run;
    for change in [
        append(&first, 5, 0, 1),
        append(&first, 5, 1, 2),
        append(&second, 6, 0, 3),
        Change::Mark(1000),
        Change::Mark(9),
    ] {
        store
            .change_events(vec![(thread, change.clone())])
            .await
            .await
            .unwrap();
    }
    let kept = store.get_events_of_thread(thread).await.unwrap();
    assert_eq!(ids(&kept), [(5, 0), (5, 1), (6, 0)]);
    assert_eq!(kept.mark, 9, "the latest mark counts");
    let runs: Vec<RunId> = kept.runs.iter().map(|run| run.run_id).collect();
    assert_eq!(runs, [first.run_id, second.run_id]);

    let trim = Change::<Vec<u8>>::Trim {
        millis: 5,
        serial: 0,
    };
    store
        .change_events(vec![(thread, trim.clone())])
        .await
        .await
        .unwrap();
    assert_eq!(
        ids(&store.get_events_of_thread(thread).await.unwrap()),
        [(5, 1), (6, 0)]
    );

    store
        .delete_run(thread, first.run_id, &store.everything(), |_| ())
        .await
        .unwrap();
    assert_eq!(
        ids(&store.get_events_of_thread(thread).await.unwrap()),
        [(6, 0)]
    );

    store
        .delete_thread(thread, &store.everything(), |_| ())
        .await
        .unwrap();
    store
        .change_events(vec![(thread, append(&second, 7, 0, 4))])
        .await
        .await
        .unwrap();
    store
        .change_events(vec![(thread, Change::<Vec<u8>>::Mark(12))])
        .await
        .await
        .unwrap();
    assert_eq!(
        store.get_events_of_thread(thread).await.unwrap(),
        ThreadEvents::default(),
        "what arrives late is not welcome"
    );
}

#[tokio::test]
async fn a_sweep_takes_what_is_too_old_and_says_what_is_oldest_then() {
    let store = open().await;
    let thread = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread, 0)).await.run;
    for (millis, seq) in [(5, 1), (6, 2), (8, 3)] {
        store
            .change_events(vec![(thread, append(&run, millis, 0, seq))])
            .await
            .await
            .unwrap();
    }
    assert_eq!(store.expire_events(6).await.unwrap(), Some(6));
    assert_eq!(
        ids(&store.get_events_of_thread(thread).await.unwrap()),
        [(6, 0), (8, 0)]
    );
    assert_eq!(store.expire_events(9).await.unwrap(), None);
}
