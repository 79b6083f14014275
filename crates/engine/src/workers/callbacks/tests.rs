//! The place of what a worker writes among what its run streams.

use std::time::Duration;

use bytes::Bytes;
use lgx_model::checkpoint::TypedBlob;
use lgx_model::{JsonObject, PendingWrite, Run, ThreadId};
use lgx_store::Authority;
use lgx_worker::WritesKey;

use super::*;

const CREW: u64 = 7;
/// More than the journal writes at once.
const MANY: usize = 1000;

struct Nobody;

impl Observer for Nobody {
    fn notice(&self, _: Notice) {}
}

pub(super) struct Setup {
    store: Store,
    authority: Authority,
    events: Arc<ThreadLogs>,
    registry: Arc<Registry>,
    pub(super) callbacks: StoreCallbacks,
    pub(super) _directory: tempfile::TempDir,
}

impl Setup {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (store, authority) = Store::open(directory.path()).unwrap();
        let events = Arc::new(ThreadLogs::new(store.clone(), Duration::from_secs(60)));
        let registry = Arc::new(Registry::default());
        let callbacks = StoreCallbacks::new(
            CREW,
            store.clone(),
            Arc::clone(&registry),
            Arc::default(),
            Arc::clone(&events),
            Arc::new(Nobody),
            EarlyOutput::told(),
        );
        Self {
            store,
            authority,
            events,
            registry,
            callbacks,
            _directory: directory,
        }
    }

    /// A resumable run that executes.
    async fn executing(&self) -> Run {
        let mut run = crate::sample::run(ThreadId::fresh());
        run.kwargs.resumable = true;
        crate::sample::begin(&self.store, &self.authority, &run).await;
        let live = self.registry.enter(&run);
        live.set_executing(true);
        live.execute_on(CREW);
        run
    }
}

fn blob() -> TypedBlob {
    TypedBlob {
        encoding: "msgpack".into(),
        bytes: Bytes::from_static(b"1"),
    }
}

fn checkpoint(run: &Run) -> Callback {
    Callback::PutCheckpoint {
        run_id: Some(run.run_id),
        row: CheckpointRow {
            thread_id: run.thread_id,
            checkpoint_ns: String::new(),
            checkpoint_id: "1".into(),
            parent_checkpoint_id: None,
            run_id: None,
            checkpoint: blob(),
            metadata: JsonObject::new(),
            channel_versions: JsonObject::new(),
        },
        new: Vec::new(),
    }
}

fn writes(run: &Run) -> Callback {
    Callback::PutWrites {
        run_id: Some(run.run_id),
        checkpoint: WritesKey {
            thread_id: run.thread_id,
            checkpoint_ns: String::new(),
            checkpoint_id: "1".into(),
        },
        writes: vec![PendingWrite {
            task_id: "task".into(),
            task_path: String::new(),
            idx: 0,
            channel: "log".into(),
            value: blob(),
        }],
    }
}

#[test]
fn nothing_that_a_resumable_run_saves_is_on_disk_without_what_it_streamed_before() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    for save in [checkpoint, writes] {
        let engine = runtime();
        let (setup, run) = engine.block_on(async {
            let setup = Setup::new();
            let run = setup.executing().await;
            let mut feed = setup.events.feed(&run, 1).await;
            for _ in 0..MANY {
                feed.stream("custom".into(), Bytes::from_static(b"{}"));
            }
            // Its answer is nobody's any more.
            drop(
                setup
                    .callbacks
                    .accept(save(&run), Streamed::default())
                    .await,
            );
            (setup, run)
        });
        // All that is left now is what has its place in the queue of the store.
        drop(engine);
        runtime().block_on(async {
            let (store, thread_id) = (&setup.store, run.thread_id);
            let saved = store.get_checkpoint(thread_id, String::new(), None).await;
            saved.await.unwrap();
            let kept = store.get_events_of_thread(thread_id).await.unwrap();
            assert_eq!(kept.events.len(), MANY);
        });
    }
}
