//! What tests need that have a store and no worker: an engine whose state is open, and runs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use lgx_config::Config;
use lgx_model::{JsonObject, Run, RunId, ThreadId, Timestamp};
use lgx_store::runs::{Admission, Claim, NewRun};
use lgx_store::{Authority, Store};
use serde_json::json;

use crate::Engine;
use crate::notice::{Notice, Observer};
use crate::options::{Interpreters, Options};
use crate::workers::ProcessSources;

struct Nobody;

impl Observer for Nobody {
    fn notice(&self, _: Notice) {}
}

/// The configuration of a project in this directory.
pub(crate) fn config(directory: &Path) -> Config {
    options(directory).load_config().unwrap().config
}

/// An engine of a project in this directory. It is not started.
pub(crate) fn engine(directory: &Path) -> Engine {
    open(directory).0
}

/// The same, and who may let others in.
pub(crate) fn open(directory: &Path) -> (Engine, Authority) {
    let options = options(directory);
    let loaded = options.load_config().unwrap();
    let source = Box::new(ProcessSources::new(&options));
    // What has its state in a folder is open at once.
    crate::open(options, loaded, String::new(), Arc::new(Nobody), source)
        .now_or_never()
        .unwrap()
        .unwrap()
}

fn options(directory: &Path) -> Options {
    let config = directory.join("langgraph.json");
    let text = r#"{"dependencies": ["."], "graphs": {"agent": "./graph.py:graph"}}"#;
    std::fs::write(&config, text).unwrap();
    std::fs::write(directory.join("graph.py"), "").unwrap();
    Options {
        config,
        state_dir: None,
        database: None,
        cache_dir: None,
        strict: false,
        workers: 1,
        jobs: 1,
        load_timeout: None,
        blocked_after: Duration::MAX,
        redact_errors: false,
        traces: true,
        blocking: lgx_worker::Blocking::Warn,
        spare: false,
        debug: None,
        keep_events_for: Duration::from_secs(60),
        overlay: None,
        interpreters: Interpreters {
            python: Some("python3".into()),
            node: None,
        },
        environment: Vec::new(),
        version: "0.0.0-test",
    }
}

/// A run as it is asked for.
pub(crate) fn run(thread_id: ThreadId) -> Run {
    let run = json!({
        "run_id": RunId::fresh(), "thread_id": thread_id, "assistant_id": uuid::Uuid::new_v4(), "metadata": {},
        "status": "pending", "multitask_strategy": "enqueue", "langsmith_session_name": null,
        "created_at": Timestamp::now(), "updated_at": Timestamp::now(),
        "kwargs": {"input": null, "command": null, "config": {"configurable": {"graph_id": "g"}}, "context": {}, "stream_mode": ["values"],
            "interrupt_before": null, "interrupt_after": null, "webhook": null, "feedback_keys": null, "temporary": false,
            "subgraphs": false, "resumable": false, "checkpoint_during": true, "durability": "async"},
    });
    serde_json::from_value(run).unwrap()
}

/// Has the store begin a run, on a thread that is made for it.
pub(crate) async fn begin(store: &Store, authority: &Authority, run: &Run) -> Claim {
    let new = NewRun {
        run: run.clone(),
        graph_id: "g".into(),
        runtime: None,
        own_metadata: JsonObject::new(),
        create_thread: true,
        thread_metadata: JsonObject::new(),
        thread_ttl: None,
        config_for_thread: JsonObject::new(),
        may_start: true,
        may_wait_elsewhere: false,
        user_sealed: None,
        now: Timestamp::now().into(),
    };
    match store.admit(new, &authority.everything()).await.unwrap() {
        Admission::Started(admitted) => admitted.claim,
        other => panic!("{other:?}"),
    }
}
