//! From a cron that is due to the run it asks for, as if its payload had been sent as a request. Pure.

use lgx_model::thread::without_reserved;
use lgx_model::{
    Assistant, Cron, JsonObject, MultitaskStrategy, OnRunCompleted, RunId, ThreadId, Timestamp,
};
use lgx_store::crons::StoredCron;
use serde::Deserialize;
use serde_json::json;

use crate::runs::Submission;
use crate::runs::request::{Circumstances, OnCompletion, RunCreate};

/// What of a payload says something about the run; the rest is the cron's own, or nobody's.
const RUN_KEYS: [&str; 11] = [
    "input",
    "config",
    "context",
    "webhook",
    "interrupt_before",
    "interrupt_after",
    "stream_mode",
    "stream_subgraphs",
    "stream_resumable",
    "checkpoint_during",
    "durability",
];

/// The run of a cron on `thread_id`: its own thread, whose metadata is `on_thread`, or one that is made for the run.
pub(super) fn submission(
    stored: &StoredCron,
    assistant: &Assistant,
    thread_id: ThreadId,
    on_thread: JsonObject,
    now: Timestamp,
) -> Result<Submission, serde_json::Error> {
    let cron = &stored.cron;
    let stateless = cron.thread_id.is_none();
    let body = request(cron, on_thread)?;
    let run_id = RunId::fresh();
    let thread_config = body.thread_config(assistant);
    let own_metadata = body.own_metadata(assistant);
    let mut run = body.into_run(Circumstances {
        run_id,
        thread_id,
        assistant,
        stateless,
        identity: &cron.user_id,
        permissions: &stored.permissions,
        request_id: &run_id.to_string(),
        headers: JsonObject::new(),
        traceparent: None,
        now,
    });
    run.origin.cron_id = Some(cron.cron_id);
    Ok(Submission {
        run,
        graph_id: assistant.graph_id.clone(),
        own_metadata,
        create_thread: stateless,
        thread_metadata: without_reserved(cron.metadata.clone()),
        thread_config,
    })
}

/// The request that a cron stands for. Its run has the metadata of its thread and of the cron.
fn request(cron: &Cron, on_thread: JsonObject) -> Result<RunCreate, serde_json::Error> {
    let mut metadata = JsonObject::from_iter([("created_by".to_owned(), json!("system"))]);
    metadata.extend(without_reserved(on_thread));
    metadata.shift_remove("graph_id");
    metadata.extend(cron.metadata.clone());
    let mut body: JsonObject = cron
        .payload
        .iter()
        .filter(|(key, _)| RUN_KEYS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    body.insert("assistant_id".into(), json!(cron.assistant_id));
    body.insert("metadata".into(), metadata.into());
    // As text: a number that is in no type of Rust gets through no value.
    let mut request: RunCreate = serde_json::from_str(&serde_json::to_string(&body)?)?;
    if cron.thread_id.is_some() {
        // Not checked when a cron is changed: what is no strategy counts as none.
        request.multitask_strategy = cron
            .payload
            .get("multitask_strategy")
            .and_then(|word| MultitaskStrategy::deserialize(word).ok());
    }
    request.on_completion = cron.on_run_completed.map(|end| match end {
        OnRunCompleted::Delete => OnCompletion::Delete,
        OnRunCompleted::Keep => OnCompletion::Keep,
    });
    Ok(request)
}

#[cfg(test)]
mod tests {
    use lgx_model::{AssistantId, CronId, Run};
    use serde_json::Value;

    use super::*;

    fn object(value: Value) -> JsonObject {
        serde_json::from_value(value).unwrap()
    }

    fn assistant() -> Assistant {
        Assistant {
            assistant_id: AssistantId::of_graph("agent"),
            graph_id: "agent".into(),
            config: object(json!({"tags": ["assistant"], "configurable": {"model": "small"}})),
            context: JsonObject::new(),
            metadata: JsonObject::new(),
            name: "agent".into(),
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            version: 1,
            description: None,
        }
    }

    fn cron(thread_id: Option<ThreadId>, payload: Value) -> StoredCron {
        StoredCron {
            cron: Cron {
                cron_id: CronId::fresh(),
                assistant_id: AssistantId::of_graph("agent"),
                thread_id,
                user_id: "alice".into(),
                end_time: None,
                schedule: "* * * * *".into(),
                timezone: None,
                payload: object(payload),
                next_run_date: Some(Timestamp::from_micros(0)),
                metadata: object(json!({"from": "cron"})),
                on_run_completed: thread_id.is_none().then_some(OnRunCompleted::Keep),
                enabled: true,
                created_at: Timestamp::from_micros(0),
                updated_at: Timestamp::from_micros(0),
            },
            ends_at: None,
            permissions: vec!["cook".into()],
        }
    }

    fn fired(stored: &StoredCron, on_thread: Value) -> Submission {
        let place = stored.cron.thread_id.unwrap_or_else(ThreadId::fresh);
        submission(
            stored,
            &assistant(),
            place,
            object(on_thread),
            Timestamp::from_micros(7),
        )
        .unwrap()
    }

    fn configurable(run: &Run, key: &str) -> Value {
        run.kwargs.config["configurable"][key].clone()
    }

    #[test]
    fn a_run_is_asked_for_what_the_payload_says() {
        let stored = cron(
            None,
            json!({"schedule": "* * * * *", "foo": 1, "input": {"n": 1}, "interrupt_before": "*", "stream_mode": ["updates"],
                   "durability": "sync", "config": {"tags": ["x"], "configurable": {"cron_id": "c", "k": 1}}}),
        );
        let run = fired(&stored, json!({})).run;
        assert_eq!(run.kwargs.input.get(), r#"{"n":1}"#);
        assert_eq!(run.kwargs.interrupt_before.get(), r#""*""#);
        assert_eq!(run.kwargs.stream_mode, ["updates"]);
        assert_eq!(run.kwargs.durability, "sync");
        assert_eq!(run.kwargs.config["tags"], json!(["x"]));
        assert_eq!(configurable(&run, "cron_id"), "c");
        assert_eq!(configurable(&run, "model"), "small");
        assert_eq!(run.kwargs.context["cron_id"], "c");
    }

    #[test]
    fn a_run_is_that_of_the_user_who_made_the_cron() {
        let run = fired(&cron(None, json!({})), json!({})).run;
        assert_eq!(configurable(&run, "langgraph_auth_user_id"), "alice");
        assert_eq!(
            configurable(&run, "langgraph_auth_permissions"),
            json!(["cook"])
        );
        assert_eq!(configurable(&run, "user_id"), "alice");
    }

    #[test]
    fn a_stateless_run_gets_a_thread_that_goes_or_stays() {
        let mut stored = cron(None, json!({}));
        let kept = fired(&stored, json!({}));
        assert!(kept.create_thread && !kept.run.kwargs.temporary);
        assert_eq!(Value::from(kept.thread_metadata), json!({"from": "cron"}));
        assert_eq!(kept.run.metadata["created_by"], "system");
        stored.cron.on_run_completed = Some(OnRunCompleted::Delete);
        assert!(fired(&stored, json!({})).run.kwargs.temporary);
    }

    #[test]
    fn a_run_on_a_thread_has_its_metadata_and_the_strategy_of_the_payload() {
        let thread_id = ThreadId::fresh();
        for (payload, strategy) in [
            (json!({}), MultitaskStrategy::Enqueue),
            (
                json!({"multitask_strategy": "reject"}),
                MultitaskStrategy::Reject,
            ),
            (
                json!({"multitask_strategy": "nonsense"}),
                MultitaskStrategy::Enqueue,
            ),
        ] {
            let on_thread =
                json!({"own": "t", "from": "thread", "graph_id": "other", "assistant_id": "other"});
            let fired = fired(&cron(Some(thread_id), payload), on_thread);
            assert!(!fired.create_thread && !fired.run.kwargs.temporary);
            assert_eq!(
                (fired.run.thread_id, fired.run.multitask_strategy),
                (thread_id, strategy)
            );
            assert_eq!(
                Value::from(fired.run.metadata),
                json!({"graph_id": "agent", "assistant_id": AssistantId::of_graph("agent"), "created_by": "system",
                       "own": "t", "from": "cron"})
            );
        }
    }
}
