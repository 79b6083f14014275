//! What was said, in the words of each provider: messages of a request, and the answer, a stream put together.

use serde_json::Value;

use crate::request::Request;
use crate::response::{Body, Response};
use crate::stream;

/// Something that somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// `user`, `assistant`, `tool` and the like, in the provider's words.
    pub who: String,
    /// The text; calls of tools are written `name(arguments)`.
    pub text: String,
}

impl Request {
    /// The model that is asked, as far as the request says.
    pub fn model(&self) -> Option<String> {
        if let Some(model) = self.json().as_ref().and_then(|body| body.get("model")) {
            return model.as_str().map(str::to_owned);
        }
        // Google has it in the path: `/v1beta/models/gemini-2.5-flash:generateContent`.
        let (_, model) = self.path().split_once("/models/")?;
        let model = model.split([':', '/', '?']).next()?;
        Some(model.to_owned())
    }

    /// The messages.
    pub fn turns(&self) -> Vec<Turn> {
        let Some(body) = self.json() else {
            return Vec::new();
        };
        let mut turns = Vec::new();
        for key in ["system", "systemInstruction", "instructions"] {
            if let Some(system) = body.get(key) {
                turns.extend(turn("system", &text_of(system)));
            }
        }
        for key in ["messages", "contents", "input"] {
            match body.get(key) {
                Some(Value::Array(messages)) => turns.extend(messages.iter().filter_map(message)),
                Some(Value::String(text)) => turns.extend(turn("user", text)),
                _ => {}
            }
        }
        turns
    }
}

impl Response {
    /// The answer.
    pub fn turns(&self) -> Vec<Turn> {
        match self.body() {
            Body::Chunks(chunks) => {
                let pieces = Value::from(stream::to_json(&self.media_type(), chunks));
                turn("assistant", &told_by(stream::documents(&pieces)))
                    .into_iter()
                    .collect()
            }
            Body::Whole(bytes) => match serde_json::from_slice::<Value>(bytes) {
                Ok(body) => whole(&body),
                Err(_) => turn("assistant", &String::from_utf8_lossy(bytes))
                    .into_iter()
                    .collect(),
            },
        }
    }
}

/// An answer that came at once.
fn whole(body: &Value) -> Vec<Turn> {
    if let Some(error) = body.get("error") {
        let told = error.get("message").unwrap_or(error);
        return turn("error", &text_of(told)).into_iter().collect();
    }
    for key in ["choices", "candidates", "output"] {
        if let Some(answers) = body.get(key).and_then(Value::as_array) {
            let messages = answers.iter().map(|answer| {
                let inner = answer.get("message").or(answer.get("content"));
                inner.filter(|inner| inner.is_object()).unwrap_or(answer)
            });
            return messages.filter_map(message).collect();
        }
    }
    message(body).into_iter().collect()
}

fn turn(who: &str, text: &str) -> Option<Turn> {
    (!text.is_empty()).then(|| Turn {
        who: who.to_owned(),
        text: text.to_owned(),
    })
}

fn message(message: &Value) -> Option<Turn> {
    let kind = message.get("type").and_then(Value::as_str);
    let who = match message.get("role").and_then(Value::as_str) {
        Some(role) => role,
        None if kind == Some("function_call_output") => "tool",
        None => "assistant",
    };
    turn(who, &text_of(message))
}

/// The text of a message or of a part of one.
fn text_of(part: &Value) -> String {
    match part {
        Value::String(text) => text.clone(),
        Value::Array(parts) => lines(parts.iter().map(text_of)),
        Value::Object(_) => {
            let inner = [
                "text",
                "content",
                "parts",
                "output",
                "summary",
                "functionResponse",
                "response",
            ];
            let inner = inner.iter().filter_map(|key| part.get(key)).map(text_of);
            let calls = part.get("tool_calls").and_then(Value::as_array);
            let calls = calls.into_iter().flatten().filter_map(call);
            let own = call(part);
            let of_google = part.get("functionCall").and_then(call);
            let text = lines(inner.chain(calls).chain(own).chain(of_google));
            // What a tool of Google's returns has no name for its text.
            if text.is_empty() && part.get("result").is_some() {
                part["result"]
                    .as_str()
                    .map_or_else(|| part["result"].to_string(), str::to_owned)
            } else {
                text
            }
        }
        _ => String::new(),
    }
}

/// A call of a tool.
fn call(part: &Value) -> Option<String> {
    let function = part.get("function").unwrap_or(part);
    let name = function.get("name")?.as_str()?;
    let arguments = ["arguments", "input", "args"];
    let arguments = arguments.iter().find_map(|key| function.get(key))?;
    let arguments = arguments
        .as_str()
        .map_or_else(|| arguments.to_string(), str::to_owned);
    Some(format!("{name}({arguments})"))
}

fn lines(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    texts.join("\n")
}

/// What the events of a stream add up to.
fn told_by<'a>(events: impl Iterator<Item = &'a Value>) -> String {
    let mut told = String::new();
    let mut in_call = false;
    for event in events {
        let (name, arguments, text) = told_in(event);
        if in_call && (name.is_some() || !text.is_empty()) {
            told.push_str(")\n");
            in_call = false;
        }
        if let Some(name) = name {
            if !told.is_empty() && !told.ends_with('\n') {
                told.push('\n');
            }
            told.push_str(&name);
            told.push('(');
            in_call = true;
        }
        told.push_str(&arguments);
        told.push_str(&text);
    }
    if in_call {
        told.push(')');
    }
    told
}

/// The name of a call that begins in an event, a piece of its arguments, and a piece of text.
fn told_in(event: &Value) -> (Option<String>, String, String) {
    let at = |pointer: &str| {
        event
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let kind = at("/type");
    if let Some(delta) = event.pointer("/choices/0/delta") {
        let call = delta.pointer("/tool_calls/0/function");
        let text_at = |part: Option<&Value>, key: &str| {
            part.and_then(|part| part.get(key)?.as_str().map(str::to_owned))
        };
        let name = text_at(call, "name").filter(|name| !name.is_empty());
        let arguments = text_at(call, "arguments").unwrap_or_default();
        return (
            name,
            arguments,
            delta.get("content").map(text_of).unwrap_or_default(),
        );
    }
    if let Some(parts) = event.pointer("/candidates/0/content/parts") {
        return (None, String::new(), text_of(parts));
    }
    match kind {
        "content_block_start" if at("/content_block/type") == "tool_use" => (
            Some(at("/content_block/name").to_owned()),
            String::new(),
            String::new(),
        ),
        "content_block_delta" => (
            None,
            at("/delta/partial_json").to_owned(),
            at("/delta/text").to_owned(),
        ),
        "response.output_item.added" if at("/item/type") == "function_call" => (
            Some(at("/item/name").to_owned()),
            String::new(),
            String::new(),
        ),
        "response.function_call_arguments.delta" => (None, at("/delta").to_owned(), String::new()),
        "response.output_text.delta" => (None, String::new(), at("/delta").to_owned()),
        _ => (None, String::new(), String::new()),
    }
}
