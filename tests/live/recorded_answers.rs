//! What models say in the tests of recorded calls: each in the words of its provider.

use lgx_tests::{ModelAnswer, ModelRequest};
use serde_json::{Value, json};

/// The answer to any call: what was heard, or the call of a tool where there are tools to call.
pub(super) fn answer(request: &ModelRequest) -> ModelAnswer {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    if request.line.contains("api.anthropic.com") {
        anthropic(&body)
    } else if request.line.contains("generativelanguage") {
        google(request.line.contains("stream"), &body)
    } else if request.line.contains("/v1/responses") {
        responses(&body)
    } else {
        chat(&body)
    }
}

/// A stream of events without names.
fn events(documents: &[Value]) -> Vec<String> {
    documents
        .iter()
        .map(|it| format!("data: {it}\n\n"))
        .collect()
}

/// A stream of events that are named by their type.
fn named_events(documents: &[Value]) -> ModelAnswer {
    let named = documents.iter().map(|event| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}\n\n")
    });
    ("text/event-stream", named.collect())
}

/// Chat completions, in which most providers speak.
fn chat(body: &Value) -> ModelAnswer {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let last = messages.last().cloned().unwrap_or_default();
    let calls = body.get("tools").is_some() && last["role"] == "user";
    let part = |object: &str, key: &str, message: Value, reason: Value| {
        json!({"id": "chatcmpl-1", "object": object, "created": 1, "model": "m",
            "choices": [{"index": 0, key: message, "finish_reason": reason}]})
    };
    if body["stream"] == true {
        let chunk = |delta: Value| part("chat.completion.chunk", "delta", delta, Value::Null);
        let piece = |text: &str| chunk(json!({"role": "assistant", "content": text}));
        let called = |call: Value| chunk(json!({"tool_calls": [call]}));
        let mut chunks = if calls {
            let function = json!({"name": "weather", "arguments": ""});
            vec![
                called(
                    json!({"index": 0, "id": "call_AbCdEfGh12345678IjKl", "type": "function", "function": function}),
                ),
                called(json!({"index": 0, "function": {"arguments": "{\"city\":"}})),
                called(json!({"index": 0, "function": {"arguments": " \"Paris\"}"}})),
            ]
        } else {
            vec![piece("Hel"), piece("lo")]
        };
        let reason = if calls { "tool_calls" } else { "stop" };
        chunks.push(part(
            "chat.completion.chunk",
            "delta",
            json!({}),
            reason.into(),
        ));
        let mut stream = events(&chunks);
        stream.push("data: [DONE]\n\n".to_owned());
        return ("text/event-stream", stream);
    }
    let (message, reason) = if calls {
        let function = json!({"name": "weather", "arguments": "{\"city\": \"Paris\"}"});
        let call =
            json!({"id": "call_AbCdEfGh12345678IjKl", "type": "function", "function": function});
        let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
        (message, "tool_calls")
    } else {
        let said = format!("heard {}", last["content"].as_str().unwrap_or_default());
        (json!({"role": "assistant", "content": said}), "stop")
    };
    let mut whole = part("chat.completion", "message", message, reason.into());
    whole["usage"] = json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5});
    ("application/json", vec![whole.to_string()])
}

/// Responses, which came after chat completions.
fn responses(body: &Value) -> ModelAnswer {
    let heard = body["input"].as_str().unwrap_or_default();
    let message = |text: &str, status: &str| {
        json!({"type": "message", "id": "msg_1", "role": "assistant", "status": status,
            "content": [{"type": "output_text", "text": text, "annotations": []}]})
    };
    let response = |status: &str, output: Value| {
        json!({"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": status, "output": output,
            "parallel_tool_calls": true, "tool_choice": "auto", "tools": [],
            "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5,
                "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}})
    };
    if body["stream"] != true {
        let said = message(&format!("heard {heard}"), "completed");
        let whole = response("completed", json!([said]));
        return ("application/json", vec![whole.to_string()]);
    }
    let delta = |number: usize, text: &str| {
        json!({"type": "response.output_text.delta", "sequence_number": number, "item_id": "msg_1",
            "output_index": 0, "content_index": 0, "delta": text, "logprobs": []})
    };
    named_events(&[
        json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress", json!([]))}),
        json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
            "item": {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}}),
        json!({"type": "response.content_part.added", "sequence_number": 2, "item_id": "msg_1", "output_index": 0,
            "content_index": 0, "part": {"type": "output_text", "text": "", "annotations": []}}),
        delta(3, "Hel"),
        delta(4, "lo"),
        json!({"type": "response.completed", "sequence_number": 5,
            "response": response("completed", json!([message("Hello", "completed")]))}),
    ])
}

/// Messages of Anthropic.
fn anthropic(body: &Value) -> ModelAnswer {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let heard = messages.last().map(|it| it["content"].clone());
    let heard = heard.unwrap_or_default();
    let calls = body.get("tools").is_some() && heard.is_string();
    let reason = if calls { "tool_use" } else { "end_turn" };
    let message = |content: Value| {
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content,
            "stop_reason": reason, "stop_sequence": null, "usage": {"input_tokens": 3, "output_tokens": 2}})
    };
    let call = |input: Value| json!({"type": "tool_use", "id": "toolu_AbCdEfGh12345678", "name": "weather", "input": input});
    if body["stream"] != true {
        let said = format!("heard {}", heard.as_str().unwrap_or_default());
        let content = if calls {
            call(json!({"city": "Paris"}))
        } else {
            json!({"type": "text", "text": said})
        };
        return (
            "application/json",
            vec![message(json!([content])).to_string()],
        );
    }
    let delta = |delta: Value| json!({"type": "content_block_delta", "index": 0, "delta": delta});
    let (block, deltas) = if calls {
        let part = |json: &str| delta(json!({"type": "input_json_delta", "partial_json": json}));
        (call(json!({})), [part("{\"city\":"), part(" \"Paris\"}")])
    } else {
        let part = |text: &str| delta(json!({"type": "text_delta", "text": text}));
        (
            json!({"type": "text", "text": ""}),
            [part("Hel"), part("lo")],
        )
    };
    let [first, second] = deltas;
    named_events(&[
        json!({"type": "message_start", "message": message(json!([]))}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        first,
        second,
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ])
}

/// Gemini of Google.
fn google(streams: bool, body: &Value) -> ModelAnswer {
    let heard = body["contents"][0]["parts"][0]["text"].as_str();
    let part = |text: &str| {
        let content = json!({"role": "model", "parts": [{"text": text}]});
        json!({"candidates": [{"index": 0, "content": content, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}})
    };
    if streams {
        ("text/event-stream", events(&[part("Hel"), part("lo")]))
    } else {
        let said = part(&format!("heard {}", heard.unwrap_or_default()));
        ("application/json", vec![said.to_string()])
    }
}
