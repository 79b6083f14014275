//! What requests ask for, as runs; and what is refused.

use lgx_model::AssistantId;

use super::*;

fn assistant(config: Value, context: Value) -> Assistant {
    let object = |value: Value| value.as_object().cloned().unwrap();
    Assistant {
        assistant_id: AssistantId::of_graph("multi"),
        graph_id: "multi".into(),
        config: object(config),
        context: object(context),
        metadata: object(json!({"created_by": "system"})),
        name: "multi".into(),
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
        version: 1,
        description: None,
    }
}

fn run(body: Value, assistant: &Assistant) -> Run {
    let body: RunCreate = serde_json::from_value(body).unwrap();
    body.check().unwrap();
    body.into_run(Circumstances {
        run_id: RunId::fresh(),
        thread_id: ThreadId::fresh(),
        assistant,
        stateless: false,
        identity: "user1",
        permissions: &["read".into()],
        request_id: "q1",
        headers: JsonObject::new(),
        traceparent: None,
        now: Timestamp::from_micros(1_795_448_758_059_000),
    })
}

#[test]
fn a_run_carries_what_was_asked_and_the_keys_of_the_server() {
    let run = run(
        json!({
            "assistant_id": "multi", "input": {"log": ["in"]}, "metadata": {"m": 1}, "after_seconds": 2,
            "config": {"tags": ["t1"], "recursion_limit": 7.0, "configurable": {"foo": "bar", "run_id": "spoofed"}}
        }),
        &assistant(json!({"tags": ["a"], "configurable": {"x": 1}}), json!({})),
    );
    assert_eq!(
        json!(run.metadata),
        json!({"created_by": "system", "graph_id": "multi", "assistant_id": run.assistant_id, "m": 1})
    );
    let config = json!(run.kwargs.config);
    assert_eq!(config["tags"], json!(["t1"]));
    assert_eq!(config["recursion_limit"], json!(7));
    assert_eq!(config["configurable"]["foo"], "bar");
    assert_eq!(config["configurable"]["x"], 1);
    assert_eq!(config["configurable"]["run_id"], json!(run.run_id));
    assert_eq!(config["configurable"]["langgraph_auth_user"], Value::Null);
    assert_eq!(config["configurable"]["langgraph_auth_user_id"], "user1");
    assert_eq!(config["configurable"]["__after_seconds__"], 2);
    assert_eq!(run.kwargs.context["foo"], "bar");
    assert_eq!(run.kwargs.stream_mode, ["values"]);
    assert_eq!(
        run.created_at.to_string(),
        "2026-11-23T15:46:00.059000+00:00"
    );
    assert_eq!(
        (run.kwargs.durability.as_str(), run.kwargs.checkpoint_during),
        ("async", true)
    );
}

#[test]
fn context_is_mirrored_into_configurable() {
    let run = run(
        json!({"assistant_id": "multi", "context": {"user": "u"}}),
        &assistant(json!({}), json!({"model": "m"})),
    );
    assert_eq!(
        json!(run.kwargs.context),
        json!({"model": "m", "user": "u"})
    );
    assert_eq!(run.kwargs.config["configurable"]["user"], "u");
}

#[test]
fn a_checkpoint_is_addressed_by_id_or_by_object() {
    let id = "1f1e7555-82a0-68c5-8001-5812a1116893";
    for body in [
        json!({"assistant_id": "a", "checkpoint_id": id}),
        json!({"assistant_id": "a", "checkpoint": {"checkpoint_id": id, "thread_id": "other"}}),
    ] {
        let run = run(body, &assistant(json!({}), json!({})));
        assert_eq!(run.kwargs.config["configurable"]["checkpoint_id"], id);
        assert_eq!(
            run.kwargs.config["configurable"]["thread_id"],
            json!(run.thread_id)
        );
        assert!(
            run.kwargs.context.is_empty(),
            "checkpoint keys are not context"
        );
    }
}

#[test]
fn wrong_forms_are_refused() {
    for body in [
        json!({"assistant_id": "a", "metadata": null}),
        json!({"assistant_id": "a", "stream_mode": "zap"}),
        json!({"assistant_id": "a", "multitask_strategy": "zap"}),
        json!({"assistant_id": "a", "interrupt_before": "slow"}),
        json!({"assistant_id": 1}),
        json!({}),
    ] {
        assert!(
            serde_json::from_value::<RunCreate>(body.clone()).is_err(),
            "{body}"
        );
    }
    for (body, expected) in [
        (
            json!({"assistant_id": "a", "checkpoint_id": "zap"}),
            "Invalid checkpoint ID",
        ),
        (
            json!({"assistant_id": "a", "command": {"goto": ["a", {"node": "b"}]}}),
            "On instance: command",
        ),
        (
            json!({"assistant_id": "a", "context": {"a": 1}, "config": {"configurable": {"a": 1}}}),
            "Prefer `context`",
        ),
    ] {
        let body: RunCreate = serde_json::from_value(body).unwrap();
        let refusal = body.check().unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
}

#[test]
fn durability_wins_over_its_old_spelling() {
    for (body, expected) in [
        (
            json!({"assistant_id": "a", "checkpoint_during": false}),
            (false, "exit"),
        ),
        (
            json!({"assistant_id": "a", "checkpoint_during": false, "durability": "sync"}),
            (false, "sync"),
        ),
        (
            json!({"assistant_id": "a", "durability": "exit"}),
            (true, "exit"),
        ),
    ] {
        let run = run(body, &assistant(json!({}), json!({})));
        assert_eq!(
            (run.kwargs.checkpoint_during, run.kwargs.durability.as_str()),
            expected
        );
    }
}
