//! What an update of a state writes: stored as a whole.

use lgx_model::CheckpointTuple;
use lgx_store::checkpoints::{NewWrites, StateWrite};

use super::checkpoints::{chain, get};
use super::examples::{channel, row, write};
use super::*;

#[tokio::test]
async fn an_update_is_stored_as_a_whole() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let before = chain(&store, thread_id, &[Some("run")]).await.remove(0);
    let writes = |checkpoint_id: &str| {
        StateWrite::Writes(NewWrites {
            thread_id,
            checkpoint_ns: String::new(),
            checkpoint_id: checkpoint_id.to_owned(),
            run_id: None,
            writes: vec![write("task of the update", 0, "", "write")],
        })
    };
    let after = uuid::Uuid::now_v7().to_string();
    let made = row(thread_id, &after, Some(&before), json!({"messages": after}));
    let update = store.put_update(vec![
        writes(&before),
        StateWrite::Checkpoint(Box::new(made), vec![channel("messages", &after, "value")]),
        writes(&after),
    ]);
    update.await.await.unwrap();
    let tasks = |tuple: Option<CheckpointTuple>| {
        let writes = tuple.unwrap().writes;
        let mut tasks: Vec<_> = writes.into_iter().map(|write| write.task_id).collect();
        tasks.sort_unstable();
        tasks
    };
    assert_eq!(
        tasks(get(&store, thread_id, "", Some(&before)).await),
        ["task", "task of the update"]
    );
    let newest = get(&store, thread_id, "", None).await;
    assert_eq!(newest.as_ref().unwrap().row.checkpoint_id, after);
    assert_eq!(tasks(newest), ["task of the update"]);
    assert!(store.thread_behind(thread_id).await.unwrap().is_some());
}
