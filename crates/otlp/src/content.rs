//! What a call was asked and answered, in the form that the conventions have for it.

use lgx_model::{CallKind, RawJson, TracedCall};
use serde_json::{Map, Value, json};

use crate::attributes::Attributes;
use crate::conventions::{content as names, role};

/// Adds what a call was asked and answered.
pub(crate) fn add(call: &TracedCall, answer: &Value, said: &mut Attributes) {
    match call.kind {
        CallKind::Model => model(call, answer, said),
        CallKind::Tool => {
            said.raw_json(names::TOOL_CALL_ARGUMENTS, &call.input);
            if !answer.is_null() {
                // Of a message it is the content that the tool has made.
                let result = answer.get("content").unwrap_or(answer);
                said.json(names::TOOL_CALL_RESULT, result);
            }
        }
        CallKind::Retriever => {
            if let Ok(query) = call.input.parse::<String>() {
                said.text(names::RETRIEVAL_QUERY_TEXT, query);
            }
            if let Value::Array(documents) = answer {
                let documents = documents.iter().enumerate().map(document);
                said.json(names::RETRIEVAL_DOCUMENTS, &documents.collect());
            }
        }
    }
}

fn model(call: &TracedCall, answer: &Value, said: &mut Attributes) {
    let asked = call.input.parse().unwrap_or(Value::Null);
    said.json(names::INPUT_MESSAGES, &messages(&asked, "user"));
    if !answer.is_null() {
        let mut answers = messages(answer, "assistant");
        if let (Value::Array(answers), Some(reason)) = (&mut answers, finish_reason(answer)) {
            for answer in answers.iter_mut().filter_map(Value::as_object_mut) {
                answer.insert("finish_reason".to_owned(), json!(reason));
            }
        }
        said.json(names::OUTPUT_MESSAGES, &answers);
    }
    if !call.tools.is_empty() {
        let tools = call.tools.iter().map(|tool| definition(tool.parse().ok()));
        said.json(names::TOOL_DEFINITIONS, &tools.collect());
    }
}

/// Whether a model was asked with text, and not with messages.
pub(crate) fn is_text(input: &RawJson) -> bool {
    let text = input.get().trim_start();
    let text = text
        .strip_prefix('[')
        .map_or(text, |inner| inner.trim_start());
    text.starts_with('"')
}

/// Why a model stopped, by whichever name its provider has for it.
pub(crate) fn finish_reason(answer: &Value) -> Option<&str> {
    let of_provider = answer.get("response_metadata")?;
    let names = ["finish_reason", "stop_reason", "stopReason", "done_reason"];
    names
        .iter()
        .find_map(|name| of_provider.get(name)?.as_str())
}

/// One message, several, or texts, as a list of messages.
fn messages(value: &Value, speaker: &str) -> Value {
    match value {
        // Of a batch of conversations, what is in all of them.
        Value::Array(several) => several
            .iter()
            .flat_map(|one| match one {
                Value::Array(conversation) => &conversation[..],
                one => std::slice::from_ref(one),
            })
            .map(|one| message(one, speaker))
            .collect(),
        one => json!([message(one, speaker)]),
    }
}

fn message(value: &Value, speaker: &str) -> Value {
    let Value::Object(fields) = value else {
        return json!({"role": speaker, "parts": parts_of(value)});
    };
    let word = fields.get("type").or_else(|| fields.get("role"));
    let role = role(word.and_then(Value::as_str).unwrap_or(speaker));
    let content = fields.get("content").unwrap_or(&Value::Null);
    let mut parts = if role == "tool" {
        vec![json!({
            "type": "tool_call_response",
            "id": fields.get("tool_call_id"),
            "response": content,
        })]
    } else {
        parts_of(content)
    };
    let calls = fields.get("tool_calls").and_then(Value::as_array);
    parts.extend(calls.into_iter().flatten().map(|call| {
        json!({
            "type": "tool_call",
            "id": call.get("id"),
            "name": call.get("name"),
            "arguments": call.get("args"),
        })
    }));
    let mut message = Map::new();
    message.insert("role".to_owned(), json!(role));
    message.insert("parts".to_owned(), Value::Array(parts));
    if let Some(name) = fields.get("name").and_then(Value::as_str) {
        message.insert("name".to_owned(), json!(name));
    }
    Value::Object(message)
}

/// The parts of what a message says: text, or blocks that each have a type.
fn parts_of(content: &Value) -> Vec<Value> {
    match content {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::Array(blocks) => blocks.iter().filter_map(part).collect(),
        other => part(other).into_iter().collect(),
    }
}

/// A block of a message. Calls of tools stand in a list of their own as well, from which they are taken.
fn part(block: &Value) -> Option<Value> {
    let text = |text: &Value| json!({"type": "text", "content": text});
    let Some(kind) = block.get("type").and_then(Value::as_str) else {
        return Some(match block {
            Value::String(_) => text(block),
            other => text(&json!(other.to_string())),
        });
    };
    match kind {
        "text" => Some(text(block.get("text").unwrap_or(&Value::Null))),
        "tool_use" | "tool_call" | "function_call" => None,
        "reasoning" | "thinking" => {
            let thought = ["reasoning", "thinking", "text"];
            let thought = thought.iter().find_map(|name| block.get(name));
            Some(json!({"type": "reasoning", "content": thought}))
        }
        _ => Some(block.clone()),
    }
}

/// A tool that a model was offered. Some providers have it in a wrapping.
fn definition(tool: Option<Value>) -> Value {
    let tool = tool.unwrap_or(Value::Null);
    let Some(Value::Object(function)) = tool.get("function") else {
        return tool;
    };
    let mut definition = Map::from_iter([("type".to_owned(), json!("function"))]);
    definition.extend(function.clone());
    Value::Object(definition)
}

/// A document that was found. One without an id goes by its place.
fn document((place, found): (usize, &Value)) -> Value {
    let id = found.get("id").filter(|id| !id.is_null());
    let score = found.pointer("/metadata/score");
    let mut document = Map::new();
    document.insert(
        "id".to_owned(),
        id.cloned().unwrap_or_else(|| json!(place.to_string())),
    );
    if let Some(score) = score {
        document.insert("score".to_owned(), score.clone());
    }
    if let Some(text) = found.get("page_content") {
        document.insert("content".to_owned(), text.clone());
    }
    Value::Object(document)
}
