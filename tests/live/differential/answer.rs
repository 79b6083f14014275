//! Asks a step's request and writes the answer down in the form of the recordings.

use anyhow::{Result, bail};
use lgx_tests::Client;
use serde_json::{Map, Value, json};

use super::scenario::Step;
use super::variables::Variables;

/// The headers that are compared.
const KEPT: [&str; 6] = [
    "cache-control",
    "content-location",
    "content-type",
    "location",
    "x-pagination-next",
    "x-pagination-total",
];

/// What the server answers to a step.
pub(super) fn answer(client: &Client, step: &Step, variables: &mut Variables) -> Result<Value> {
    let request = variables.fill_text(&step.request);
    let Some((method, path)) = request.split_once(' ') else {
        bail!("{request} is no request");
    };
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    for (name, value) in &step.headers {
        headers.retain(|(other, _)| other != name);
        headers.push((name.clone(), variables.fill_text(value)));
    }
    let body = step
        .body
        .as_ref()
        .map(|body| variables.fill(body).to_string().into_bytes());
    let raw = step.raw.as_ref().map(|raw| latin1(raw)).transpose()?;
    let reply = client.request(method, path, &headers, body.or(raw).as_deref())?;

    let mut answer = Map::new();
    answer.insert("status".into(), json!(reply.status));
    let mut kept = Map::new();
    for name in KEPT {
        if let Some(value) = reply.header(name) {
            kept.insert(name.into(), json!(value));
        }
    }
    answer.insert("headers".into(), Value::Object(kept));
    let kind = reply.header("content-type").unwrap_or_default().to_owned();
    if kind.starts_with("text/event-stream") {
        let mut events = Vec::new();
        for event in reply.events().take(step.take.unwrap_or(usize::MAX)) {
            let event = event?;
            let mut object = json!({"event": event.event, "data": event.data});
            if let Some(id) = event.id {
                object["id"] = json!(id);
            }
            events.push(object);
        }
        answer.insert("events".into(), Value::Array(events));
        return Ok(Value::Object(answer));
    }
    let text = reply.text()?;
    if kind.starts_with("application/json") {
        let body = if text.is_empty() {
            json!("")
        } else {
            serde_json::from_str(&text)?
        };
        answer.insert("body".into(), body);
    } else if !text.is_empty() {
        answer.insert("text".into(), Value::String(text));
    }
    Ok(Value::Object(answer))
}

/// The bytes of a text whose characters are one byte each.
fn latin1(text: &str) -> Result<Vec<u8>> {
    Ok(text.chars().map(u8::try_from).collect::<Result<_, _>>()?)
}
