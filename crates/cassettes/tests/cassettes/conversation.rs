//! Calls as conversations, in the words of each provider.

use lgx_cassettes::{Request, Response, Turn};
use serde_json::{Value, json};

use crate::sample::{streaming, whole};

fn told(turns: &[Turn]) -> Vec<String> {
    let told = turns
        .iter()
        .map(|turn| format!("{}: {}", turn.who, turn.text));
    told.collect()
}

fn asked(body: &Value) -> Vec<String> {
    told(&Request::new("POST", "h", "/p", body.to_string()).turns())
}

fn streamed(events: &[Value]) -> Vec<String> {
    let events: Vec<String> = events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    told(&streaming(&events).turns())
}

fn answered(body: &Value) -> Vec<String> {
    let response: Response = whole(200, body);
    told(&response.turns())
}

#[test]
fn chat_completions() {
    let delta = |delta: Value| json!({"choices": [{"delta": delta}]});
    assert_eq!(
        streamed(&[
            delta(json!({"role": "assistant", "content": "Look"})),
            delta(json!({"content": "ing"})),
            delta(
                json!({"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "weather", "arguments": ""}}]})
            ),
            delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"city\":"}}]})),
            delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "\"Paris\"}"}}]})),
            delta(
                json!({"tool_calls": [{"index": 1, "function": {"name": "time", "arguments": "{}"}}]})
            ),
        ]),
        ["assistant: Looking\nweather({\"city\":\"Paris\"})\ntime({})"]
    );
    assert_eq!(
        answered(&json!({"error": {"message": "slow down", "code": 429}})),
        ["error: slow down"]
    );
}

#[test]
fn anthropic() {
    assert_eq!(
        asked(
            &json!({"system": [{"type": "text", "text": "Be short."}], "messages": [
                {"role": "assistant", "content": [{"type": "text", "text": "Hm."}, {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "Paris"}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "sunny"}]},
            ]})
        ),
        [
            "system: Be short.",
            "assistant: Hm.\nweather({\"city\":\"Paris\"})",
            "user: sunny"
        ]
    );
    assert_eq!(
        streamed(&[
            json!({"type": "content_block_start", "content_block": {"type": "tool_use", "name": "weather", "input": {}}}),
            json!({"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "{}"}}),
        ]),
        ["assistant: weather({})"]
    );
    assert_eq!(
        answered(&json!({"role": "assistant", "content": [{"type": "text", "text": "Hi"}]})),
        ["assistant: Hi"]
    );
}

#[test]
fn responses() {
    assert_eq!(
        asked(&json!({"instructions": "Be short.", "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
            {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "sunny"},
        ]})),
        [
            "system: Be short.",
            "user: Hi",
            "assistant: weather({})",
            "tool: sunny"
        ]
    );
    assert_eq!(asked(&json!({"input": "Hi"})), ["user: Hi"]);
    assert_eq!(
        streamed(&[
            json!({"type": "response.output_text.delta", "delta": "He"}),
            json!({"type": "response.output_text.delta", "delta": "llo"}),
            json!({"type": "response.output_text.done", "text": "Hello"}),
            json!({"type": "response.output_item.added", "item": {"type": "function_call", "name": "weather"}}),
            json!({"type": "response.function_call_arguments.delta", "delta": "{}"}),
        ]),
        ["assistant: Hello\nweather({})"]
    );
    assert_eq!(
        answered(
            &json!({"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}]})
        ),
        ["assistant: Hi"]
    );
}

#[test]
fn google() {
    let path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
    let request = Request::new("POST", "h", path, "{}");
    assert_eq!(request.model().as_deref(), Some("gemini-2.5-flash"));
    assert_eq!(
        asked(
            &json!({"systemInstruction": {"parts": [{"text": "Be short."}]}, "contents": [
                {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {"city": "Paris"}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"result": "sunny"}}}]},
            ]})
        ),
        [
            "system: Be short.",
            "model: weather({\"city\":\"Paris\"})",
            "user: sunny"
        ]
    );
    let event = |text: &str| json!({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}}]});
    assert_eq!(streamed(&[event("He"), event("llo")]), ["assistant: Hello"]);
    assert_eq!(answered(&event("Hello")), ["model: Hello"]);
}
