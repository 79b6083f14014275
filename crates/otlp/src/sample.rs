//! A run that has ended, for tests: an agent in a subgraph asks a model, calls a tool and asks another model, which fails.

use lgx_model::{RunError, RunStatus, Timestamp};
use serde_json::{Value, json};

use crate::EndedRun;

/// When it began, in microseconds.
const BEGAN: i64 = 1_767_323_045_000_000;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_micros(BEGAN + milliseconds * 1000)
}

fn step(task_id: &str, ns: &str, from: i64, to: i64, error: Option<&str>) -> Value {
    let status = if error.is_some() { "error" } else { "success" };
    json!({
        "task_id": task_id, "node": format!("node_{task_id}"), "ns": ns, "step": 1, "started_at": at(from), "ended_at": at(to),
        "status": status, "error": error, "attempt": 1,
    })
}

fn call(call_id: &str, kind: &str, task_id: &str, from: i64, to: i64, more: &Value) -> Value {
    let mut call = json!({
        "call_id": call_id, "parent_call_id": null, "task_id": task_id, "node": format!("node_{task_id}"), "ns": "", "kind": kind,
        "name": "shout", "model": null, "provider": null, "started_at": at(from), "first_token_at": null, "ended_at": at(to),
        "status": "success", "input": null, "output": null, "tools": [], "parameters": {}, "usage": null, "error": null, "cut": false,
    });
    let fields = more.as_object().unwrap().clone();
    call.as_object_mut().unwrap().extend(fields);
    call
}

/// The run.
pub(crate) fn run() -> EndedRun {
    let run = json!({
        "run_id": "019b8000-0000-7000-8000-000000000001", "thread_id": "019b8000-0000-7000-8000-000000000002",
        "assistant_id": "019b8000-0000-7000-8000-000000000003", "metadata": {}, "status": "running", "multitask_strategy": "enqueue",
        "created_at": at(0), "updated_at": at(0), "langsmith_session_name": null,
        "kwargs": {
            "input": {"secret": "of the input"}, "command": null, "config": {"configurable": {"graph_id": "agent"}}, "context": {},
            "stream_mode": ["values"], "interrupt_before": null, "interrupt_after": null, "webhook": null, "feedback_keys": null,
            "temporary": false, "subgraphs": false, "resumable": false, "checkpoint_during": true, "durability": "async",
        },
    });
    let steps = json!([
        step(
            "1",
            "",
            10,
            900,
            Some("ConnectionError: the model is not there")
        ),
        step(
            "2",
            "node_1:1",
            20,
            890,
            Some("ConnectionError: the model is not there")
        ),
        step("3", "node_1:1|node_2:2", 30, 400, None),
    ]);
    let calls = json!([
        call("m1", "model", "3", 40, 240, &asked()),
        call(
            "t1",
            "tool",
            "3",
            250,
            390,
            &json!({
                "input": {"text": "hi"},
                "output": {"type": "tool", "content": "HI", "tool_call_id": "c1"},
            })
        ),
        call(
            "m2",
            "model",
            "2",
            410,
            880,
            &json!({
                "name": "ChatOther", "model": "other-2", "parent_call_id": "gone", "status": "error",
                "input": [{"type": "human", "content": "again"}], "error": "ConnectionError: the model is not there",
            })
        ),
        call(
            "r1",
            "retriever",
            "gone",
            885,
            890,
            &json!({
                "name": "Library", "parent_call_id": "t1", "input": "what is there",
                "output": [{"page_content": "a page", "metadata": {"score": 0.5}, "id": "d1"}],
            })
        ),
    ]);
    EndedRun {
        run: serde_json::from_value(run).unwrap(),
        status: RunStatus::Error,
        error: Some(RunError::new("ConnectionError", "the model is not there")),
        began: at(5),
        ended: at(950),
        attempt: 1,
        generation: Some(3),
        parent: None,
        steps: serde_json::from_value(steps).unwrap(),
        steps_dropped: 0,
        calls: serde_json::from_value(calls).unwrap(),
        calls_dropped: 7,
    }
}

fn asked() -> Value {
    json!({
        "name": "ChatOpenAI", "model": "gpt-4o", "provider": "azure", "first_token_at": at(140),
        "input": [
            {"type": "system", "content": "be brief"},
            {"type": "human", "content": [{"type": "text", "text": "shout hi"}, {"type": "image", "url": "x"}]},
        ],
        "output": {
            "type": "ai", "content": "", "id": "run-1", "tool_calls": [{"id": "c1", "name": "shout", "args": {"text": "hi"}}],
            "response_metadata": {"model_name": "gpt-4o-2024", "finish_reason": "tool_calls", "id": "chatcmpl-1"},
            "usage_metadata": {"input_token_details": {"cache_read": 2}, "output_token_details": {"reasoning": 1}},
        },
        "tools": [{"type": "function", "function": {"name": "shout", "parameters": {}}}],
        "parameters": {"temperature": 0.5, "max_completion_tokens": 100, "max_tokens": 99, "stop": ["."], "seed": 1, "tool_choice": "auto"},
        "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    })
}
