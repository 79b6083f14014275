//! The span of a call of a model, a tool or a retriever.

use lgx_model::{CallKind, TracedCall};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::Value;

use crate::attributes::Attributes;
use crate::content;
use crate::conventions as names;
use crate::conventions::Number;
use crate::ended_run::EndedRun;
use crate::spans::{Places, error_type, failed, span};

/// The span of a call, with what it was asked and answered if that is wanted.
pub(crate) fn of(
    run: &EndedRun,
    call: &TracedCall,
    places: &Places<'_>,
    with_content: bool,
) -> Span {
    let answer = call.output.parse().unwrap_or(Value::Null);
    let mut said = Attributes::default();
    let (name, kind) = match call.kind {
        CallKind::Model => model(call, &answer, &mut said),
        CallKind::Tool => tool(call, &answer, &mut said),
        CallKind::Retriever => {
            said.text(names::OPERATION_NAME, names::operation::RETRIEVAL);
            let name = format!("{} {}", names::operation::RETRIEVAL, call.name);
            (name, SpanKind::Client)
        }
    };
    said.text(names::CONVERSATION_ID, run.run.thread_id.to_string());
    said.text(names::run::CALL_ID, &call.call_id);
    said.text_if(names::task::NODE, call.node.as_deref());
    said.text_if(names::ERROR_TYPE, call.error.as_deref().map(error_type));
    if with_content {
        content::add(call, &answer, &mut said);
        if call.cut {
            said.truth(names::run::CONTENT_CUT, true);
        }
    }
    Span {
        parent_span_id: places.above_call(call),
        status: call.error.clone().and_then(failed),
        ..span(
            places,
            places.ids.call(&call.call_id),
            name,
            kind,
            (call.started_at, call.ended_at.unwrap_or(run.ended)),
            said,
        )
    }
}

/// A call goes to a model: what it was asked with, and what came of it.
fn model(call: &TracedCall, answer: &Value, said: &mut Attributes) -> (String, SpanKind) {
    let operation = if content::is_text(&call.input) {
        names::operation::TEXT_COMPLETION
    } else {
        names::operation::CHAT
    };
    said.text(names::OPERATION_NAME, operation);
    let provider = call.provider.as_deref().map(names::provider);
    said.text_if(names::PROVIDER_NAME, provider);
    said.text_if(names::REQUEST_MODEL, call.model.as_deref());
    request(call, said);
    response(answer, said);
    if let Some(usage) = call.usage {
        said.whole(names::USAGE_INPUT_TOKENS, usage.input_tokens);
        said.whole(names::USAGE_OUTPUT_TOKENS, usage.output_tokens);
    }
    for (place, name) in names::USAGE_DETAILS {
        if let Some(tokens) = answer.pointer(place).and_then(Value::as_i64) {
            said.whole(name, tokens);
        }
    }
    let model = call.model.as_deref().unwrap_or(&call.name);
    (format!("{operation} {model}"), SpanKind::Client)
}

fn request(call: &TracedCall, said: &mut Attributes) {
    if let Some(first) = call.first_token_at {
        said.truth(names::REQUEST_STREAM, true);
        let waited = first.until(call.started_at);
        said.fraction(names::RESPONSE_TIME_TO_FIRST_CHUNK, waited.as_secs_f64());
    }
    let parameters = call.parameters.parse().unwrap_or(Value::Null);
    for (given, name, kind) in names::REQUEST_NUMBERS {
        let value = parameters.get(given).filter(|_| !said.has(name));
        match (kind, value) {
            (Number::Whole, Some(value)) => {
                if let Some(value) = value.as_i64() {
                    said.whole(name, value);
                }
            }
            (Number::Fraction, Some(value)) => {
                if let Some(value) = value.as_f64() {
                    said.fraction(name, value);
                }
            }
            (_, None) => {}
        }
    }
    let stops = ["stop_sequences", "stop"];
    let stops = stops.iter().find_map(|name| parameters.get(name));
    let stops: Vec<String> = match stops {
        Some(Value::String(stop)) => vec![stop.clone()],
        Some(Value::Array(stops)) => stops.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    if !stops.is_empty() {
        said.texts(names::REQUEST_STOP_SEQUENCES, stops);
    }
}

/// What langchain keeps of a provider's answer beside the message.
fn response(answer: &Value, said: &mut Attributes) {
    let of_provider = answer.get("response_metadata");
    let names_of_model = ["model_name", "model", "model_id"];
    let model = names_of_model
        .iter()
        .find_map(|name| of_provider?.get(name)?.as_str());
    said.text_if(names::RESPONSE_MODEL, model);
    let id = of_provider.and_then(|kept| kept.get("id")?.as_str());
    // The id of a message is the provider's, unless langchain has made it up.
    let of_message = answer.get("id").and_then(Value::as_str);
    let of_message = of_message.filter(|id| !id.starts_with("run-") && !id.starts_with("lc_"));
    said.text_if(names::RESPONSE_ID, id.or(of_message));
    if let Some(reason) = content::finish_reason(answer) {
        said.texts(names::RESPONSE_FINISH_REASONS, [reason.to_owned()]);
    }
}

fn tool(call: &TracedCall, answer: &Value, said: &mut Attributes) -> (String, SpanKind) {
    said.text(names::OPERATION_NAME, names::operation::EXECUTE_TOOL);
    said.text(names::TOOL_NAME, &call.name);
    said.text(names::TOOL_TYPE, names::TOOL_TYPE_FUNCTION);
    let id = answer.get("tool_call_id").and_then(Value::as_str);
    said.text_if(names::TOOL_CALL_ID, id);
    let name = format!("{} {}", names::operation::EXECUTE_TOOL, call.name);
    (name, SpanKind::Internal)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
