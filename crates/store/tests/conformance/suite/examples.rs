//! The examples that the tests of the store share: times, runs and their ends, checkpoints.

use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::query::Page;
use lgx_model::{
    AssistantId, CheckpointRow, JsonObject, MultitaskStrategy, PendingWrite, RawJson, Run, RunId,
    RunKwargs, RunOrigin, RunStatus, ThreadId, ThreadStatus, Timestamp,
};
use lgx_store::runs::{Finish, NewRun, ThreadEnd};
use serde_json::{Value, json};

/// A page that holds everything.
pub(crate) const ALL: Page = Page {
    limit: 1000,
    offset: 0,
};

/// The `seconds`th second.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

pub(crate) fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is not an object"),
    }
}

pub(crate) fn raw(value: &Value) -> RawJson {
    RawJson::of(value)
}

/// A run on `thread_id` that comes at second `seconds`, is due at once, and may start.
pub(crate) fn new_run(thread_id: ThreadId, seconds: i64) -> NewRun {
    let kwargs = RunKwargs {
        input: raw(&json!({"messages": ["hello"]})),
        command: RawJson::null(),
        config: object(json!({"configurable": {"graph_id": "agent"}})),
        context: JsonObject::new(),
        stream_mode: vec!["values".to_owned()],
        interrupt_before: RawJson::null(),
        interrupt_after: RawJson::null(),
        webhook: None,
        feedback_keys: None,
        temporary: false,
        subgraphs: false,
        resumable: false,
        checkpoint_during: true,
        durability: "async".to_owned(),
    };
    NewRun {
        run: Run {
            run_id: RunId::fresh(),
            thread_id,
            assistant_id: AssistantId::of_graph("agent"),
            metadata: object(json!({"graph_id": "agent"})),
            status: RunStatus::Pending,
            kwargs,
            multitask_strategy: MultitaskStrategy::Enqueue,
            created_at: at(seconds),
            updated_at: at(seconds),
            langsmith_session_name: None,
            origin: RunOrigin::default(),
        },
        graph_id: "agent".to_owned(),
        runtime: None,
        own_metadata: JsonObject::new(),
        create_thread: false,
        thread_metadata: JsonObject::new(),
        thread_ttl: None,
        config_for_thread: JsonObject::new(),
        may_start: true,
        may_wait_elsewhere: false,
        user_sealed: None,
        now: at(seconds).into(),
    }
}

pub(crate) fn with_strategy(mut new: NewRun, strategy: MultitaskStrategy) -> NewRun {
    new.run.multitask_strategy = strategy;
    new
}

/// The end of a run that succeeded with `values` at second `seconds`.
pub(crate) fn success(values: Value, seconds: i64) -> Finish {
    Finish {
        status: RunStatus::Success,
        thread: ThreadEnd {
            status: ThreadStatus::Idle,
            values: Some(raw(&values)),
            is_behind: false,
            error: None,
            interrupts: RawJson::empty_object(),
        },
        began: Some(at(seconds - 1)),
        now: at(seconds).into(),
        rollback: false,
        delete_thread: false,
    }
}

pub(crate) fn blob(text: &str) -> TypedBlob {
    TypedBlob {
        encoding: "msgpack".to_owned(),
        bytes: text.to_owned().into(),
    }
}

pub(crate) fn channel(channel: &str, version: &str, value: &str) -> ChannelBlob {
    ChannelBlob {
        channel: channel.to_owned(),
        version: version.to_owned(),
        value: blob(value),
    }
}

pub(crate) fn row(
    thread_id: ThreadId,
    checkpoint_id: &str,
    parent: Option<&str>,
    versions: Value,
) -> CheckpointRow {
    CheckpointRow {
        thread_id,
        checkpoint_ns: String::new(),
        checkpoint_id: checkpoint_id.to_owned(),
        parent_checkpoint_id: parent.map(str::to_owned),
        run_id: None,
        checkpoint: blob(checkpoint_id),
        metadata: object(json!({"source": "loop"})),
        channel_versions: object(versions),
    }
}

pub(crate) fn write(task_id: &str, idx: i64, path: &str, value: &str) -> PendingWrite {
    PendingWrite {
        task_id: task_id.to_owned(),
        idx,
        channel: "messages".to_owned(),
        value: blob(value),
        task_path: path.to_owned(),
    }
}
