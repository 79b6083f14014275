//! What is said about a request that has no recording.

use insta::assert_snapshot;
use lgx_cassettes::{Mode, Nearest, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sample::{asking, chat, library, saying};

/// What is nearest to a request among others, with the name of the file left out.
fn nearest(recorded: &[Request], asked: &Request) -> Option<Nearest> {
    let folder = TempDir::new().unwrap();
    let recording = library(&folder, Mode::Record);
    let mut names = Vec::new();
    for request in recorded {
        names.push(recording.keep(request, &saying("yes")).unwrap().name);
    }
    let mut nearest = library(&folder, Mode::Replay).nearest(asked)?;
    let number = names.iter().position(|name| *name == nearest.name);
    nearest.name = format!("the recording {}", number.unwrap());
    Some(nearest)
}

fn told(recorded: &[Request], asked: &Request) -> String {
    nearest(recorded, asked).unwrap().to_string()
}

/// A conversation in which a tool has answered this.
fn weather(answer: &str) -> Value {
    json!({"model": "gpt-4o", "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "How is Paris?"},
        {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": answer},
    ]})
}

#[test]
fn the_message_that_differs_is_shown_on_both_sides() {
    let recorded = [asking("Hello"), chat(&weather("Paris is sunny"))];
    let asked = chat(&weather("Paris is sunny, 21 °C"));
    assert_snapshot!(told(&recorded, &asked), @r#"
    nearest: the recording 1 differs in 1 of 4 messages
      messages[3].content: - "Paris is sunny"   + "Paris is sunny, 21 °C"
    "#);
    let tool = nearest(&recorded, &asked).unwrap().tool;
    assert_eq!(tool.as_deref(), Some("weather"));
}

#[test]
fn a_tool_is_named_in_the_words_of_each_provider() {
    let tool = |body: &dyn Fn(&str) -> Value| {
        let found = nearest(&[chat(&body("sunny"))], &chat(&body("rain")));
        found.unwrap().tool.unwrap()
    };
    let anthropic = |answer: &str| {
        json!({"messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "weather", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": answer}]},
        ]})
    };
    let responses = |answer: &str| {
        json!({"input": [
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": answer},
        ]})
    };
    let google = |answer: &str| {
        json!({"contents": [
            {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"result": answer}}}]},
        ]})
    };
    assert_eq!(tool(&anthropic), "weather");
    assert_eq!(tool(&responses), "weather");
    assert_eq!(tool(&google), "weather");
}

#[test]
fn one_message_more_is_one_difference() {
    let messages = |texts: &[&str]| {
        let messages: Vec<_> = texts
            .iter()
            .map(|text| json!({"role": "user", "content": text}))
            .collect();
        chat(&json!({"messages": messages}))
    };
    let recorded = [messages(&["a", "b", "c"])];
    assert_snapshot!(told(&recorded, &messages(&["a", "x", "b", "c"])), @r#"
    nearest: the recording 0 differs in 1 of 4 messages
      messages[1]: + {"content":"x","role":"user"}
    "#);
}

#[test]
fn of_a_long_text_the_part_that_differs_is_shown() {
    let text = |word: &str| {
        asking(&format!(
            "{}{word}{}",
            "before ".repeat(40),
            " after".repeat(40)
        ))
    };
    assert_snapshot!(told(&[text("Monday")], &text("Tuesday")), @r#"
    nearest: the recording 0 differs in 1 of 1 message
      messages[0].content: - "…efore before before Monday after after after after after aft…"   + "…efore before before Tuesday after after after after after af…"
    "#);
}

#[test]
fn what_differs_beside_the_messages_is_named() {
    let asked = |model: &str, tools: usize| {
        let tools: Vec<_> = (0..tools).map(|number| json!({"name": number})).collect();
        chat(&json!({"model": model, "messages": [{"content": "hi"}], "tools": tools}))
    };
    assert_snapshot!(told(&[asked("gpt-4o", 1)], &asked("gpt-5", 8)), @r#"
    nearest: the recording 0 differs in `model`, `tools`
      model: - "gpt-4o"   + "gpt-5"
      tools[1]: + {"name":1}
      tools[2]: + {"name":2}
      tools[3]: + {"name":3}
      tools[4]: + {"name":4}
      and in 3 more places
    "#);
}

#[test]
fn ids_are_no_difference() {
    let asked = |id: &str, text: &str| {
        chat(&json!({"messages": [{"role": "tool", "tool_call_id": id, "content": text}]}))
    };
    assert_snapshot!(told(&[asked("call_a", "x")], &asked("call_b", "y")), @r#"
    nearest: the recording 0 differs in 1 of 1 message
      messages[0].content: - "x"   + "y"
    "#);
}

#[test]
fn recordings_of_other_hosts_are_not_near() {
    let asked = Request::new("POST", "api.mistral.ai", "/v1/chat/completions", "{}");
    assert_eq!(nearest(&[asking("hi")], &asked), None);
}
