//! What a call of a tool gives: the values that its run ended with, or why there are none.

use std::borrow::Cow;

use lgx_engine::runs::outcome::Outcome;
use lgx_model::RunStatus;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The result of a call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolResult {
    content: [TextContent; 1],
    /// The values, if they are an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_content: Option<Box<RawValue>>,
    is_error: bool,
    /// That this is all there is, for versions of the protocol that want to hear so.
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct TextContent {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}

impl ToolResult {
    /// The result of a run that has ended like this.
    pub(super) fn of(outcome: &Outcome, result_type: Option<&'static str>) -> Self {
        let why_not = failure(outcome);
        let is_error = why_not.is_some();
        let told = why_not.unwrap_or_else(|| {
            let body = outcome.wait_body();
            String::from_utf8_lossy(&body).into_owned()
        });
        Self {
            structured_content: (!is_error).then(|| structured(&told)).flatten(),
            content: [text(told)],
            is_error,
            result_type,
        }
    }
}

fn text(text: String) -> TextContent {
    TextContent { kind: "text", text }
}

fn structured(values: &str) -> Option<Box<RawValue>> {
    let is_object = values.trim_start().starts_with('{');
    let values = is_object.then(|| RawValue::from_string(values.to_owned()));
    values?.ok()
}

/// Why the run has no result.
fn failure(outcome: &Outcome) -> Option<String> {
    if let Some(error) = &outcome.error {
        return Some(format!("{}: {}", error.error, error.message));
    }
    if !outcome.interrupts.is_empty() {
        let questions: Vec<Cow<'_, str>> =
            outcome.interrupts.iter().map(|one| question(one)).collect();
        return Some(format!(
            "The graph waits for input, which a call of a tool cannot give. It asks: {}. Run the assistant on a thread to answer it.",
            questions.join("; ")
        ));
    }
    if outcome.status != RunStatus::Success {
        return Some("The run was cancelled before it had a result.".into());
    }
    (!outcome.next.is_empty()).then(|| {
        format!(
            "The graph stopped before {} and waits to be told to go on, which a call of a tool cannot do. Run the assistant on a thread.",
            outcome.next.join(", ")
        )
    })
}

/// What an interrupt asks, as JSON.
fn question(interrupt: &RawValue) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct AskedQuestion<'a> {
        #[serde(borrow)]
        value: &'a RawValue,
    }
    let interrupt = interrupt.get();
    let read: Result<AskedQuestion<'_>, _> = serde_json::from_str(interrupt);
    Cow::Borrowed(read.map_or(interrupt, |interrupt| interrupt.value.get()))
}

#[cfg(test)]
mod tests {
    use lgx_model::{RawJson, RunError};
    use serde_json::{Value, json};

    use super::*;

    fn result(outcome: &Outcome) -> Value {
        serde_json::to_value(ToolResult::of(outcome, None)).unwrap()
    }

    fn success(values: &str) -> Outcome {
        Outcome {
            status: RunStatus::Success,
            values: Some(RawJson::from_text(values.into()).unwrap()),
            ..Outcome::cancelled()
        }
    }

    #[test]
    fn values_are_text_and_where_they_are_an_object_structured() {
        let values = r#"{"n":12345678901234567890123,"x":1.10}"#;
        let text = serde_json::to_string(&ToolResult::of(&success(values), Some("complete")));
        let whole = format!(
            r#"{{"content":[{{"type":"text","text":{}}}],"structuredContent":{values},"isError":false,"resultType":"complete"}}"#,
            json!(values)
        );
        assert_eq!(text.unwrap(), whole, "numbers are as the graph has them");
        assert_eq!(
            result(&success("[1]")),
            json!({"content": [{"type": "text", "text": "[1]"}], "isError": false})
        );
    }

    #[test]
    fn a_run_without_a_result_says_why() {
        let asks = |text: &str| RawValue::from_string(text.into()).unwrap();
        let interrupted = Outcome {
            interrupts: vec![
                asks(r#"{"value":{"q":"ok?"},"id":"1"}"#),
                asks(r#"{"value":"b"}"#),
            ],
            ..success("{}")
        };
        let stopped = Outcome {
            next: vec!["tools".into()],
            ..success("{}")
        };
        for (outcome, why) in [
            (stopped, "stopped before tools and"),
            (
                Outcome::failed(RunError::new("ValueError", "no")),
                "ValueError: no",
            ),
            (interrupted, r#"It asks: {"q":"ok?"}; "b". Run"#),
            (Outcome::cancelled(), "cancelled"),
        ] {
            let result = result(&outcome);
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(text.contains(why), "{text}");
            assert_eq!(result["isError"], true);
            assert_eq!(result.get("structuredContent"), None);
        }
    }
}
