//! A run's checkpoints are saved while it executes, whatever the server that writes them knows of it.

use std::sync::Arc;

use lgx_model::ThreadId;
use serde_json::json;

use super::{BESIDE_OTHERS, address, database};
use crate::checkpoints::{NewWrites, RunWriter};
use crate::examples::{channel, new_run, row, success, write};
use crate::runs::{Admission, Claim, NewRun};
use crate::{Store, StoreError};

/// A run whose server has not heard of its end.
pub(super) struct Unaware(pub(super) Claim);

impl RunWriter for Unaware {
    fn claim(&self) -> Claim {
        self.0
    }

    fn may_write(&self) -> bool {
        true
    }

    fn write_failed(&self, error: &StoreError) {
        panic!("{error}");
    }

    fn write_refused(&self) {}
}

/// Writes a checkpoint and a write behind it on behalf of a run.
async fn put(store: &Store, claim: Claim, id: &str) {
    let Claim {
        thread_id, run_id, ..
    } = claim;
    let run: Arc<dyn RunWriter> = Arc::new(Unaware(claim));
    let checkpoint = row(thread_id, id, None, json!({"a": id}));
    let values = vec![channel("a", id, "value")];
    let put = store.put_checkpoint(Some(Arc::clone(&run)), checkpoint, values);
    put.await.await.unwrap();
    let writes = NewWrites {
        thread_id,
        checkpoint_ns: String::new(),
        checkpoint_id: id.to_owned(),
        run_id: Some(run_id.to_string()),
        writes: vec![write("task", 0, "", id)],
    };
    let put = store.put_checkpoint_writes(Some(run), writes);
    put.await.await.unwrap();
}

/// How many checkpoints, values and writes a thread has.
async fn counts(store: &Store, thread_id: ThreadId, authority: &crate::Authority) -> [i64; 3] {
    let everything = authority.everything();
    let storage = store.get_thread_storage(thread_id, &everything).await;
    let storage = storage.unwrap().unwrap();
    let (checkpoints, values) = (storage.checkpoints, storage.channel_values);
    [
        checkpoints.count,
        values.count,
        storage.pending_writes.count,
    ]
}

#[tokio::test]
async fn nothing_is_saved_for_a_run_that_another_server_has_ended() {
    let Some(database) = database() else { return };
    let address = address(&database);
    let (here, authority) = Store::connect(&address, BESIDE_OTHERS).await.unwrap();
    let (elsewhere, _) = Store::connect(&address, BESIDE_OTHERS).await.unwrap();
    let thread_id = ThreadId::fresh();
    let new = NewRun {
        create_thread: true,
        ..new_run(thread_id, 1)
    };
    let admitted = here.admit(new, &authority.everything()).await.unwrap();
    let Admission::Started(admitted) = admitted else {
        panic!("{admitted:?}")
    };
    let claim = admitted.claim;
    put(&here, claim, "1").await;
    assert_eq!(counts(&here, thread_id, &authority).await, [1, 1, 1]);

    let end = Arc::new(success(json!({"n": 1}), 2));
    let ended = elsewhere.finish(claim, end, None, || Ok::<_, ()>(()), |_| ());
    ended.await.unwrap().unwrap();
    put(&here, claim, "2").await;
    assert_eq!(counts(&here, thread_id, &authority).await, [1, 1, 1]);
}
