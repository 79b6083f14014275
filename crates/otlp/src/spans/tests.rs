//! What a run looks like as a trace, to the letter, and where things are in it.

use std::collections::HashMap;

use insta::assert_snapshot;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

use super::*;
use crate::request_body::Sender;
use crate::{Settings, sample};

fn written(run: &EndedRun, content: &str) -> String {
    let lookup = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://localhost:4318".to_owned()),
        "OTEL_EXPORTER_OTLP_PROTOCOL" => Some("http/json".to_owned()),
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" => Some(content.to_owned()),
        _ => None,
    };
    let settings = Settings::read(&lookup, "project").settings.unwrap();
    let body = Sender::of(&settings, "1.2.3").body(spans(run, settings.with_content));
    let request: serde_json::Value = serde_json::from_slice(&body).unwrap();
    serde_json::to_string_pretty(&request).unwrap()
}

#[test]
fn a_run_is_written_by_the_conventions() {
    assert_snapshot!(written(&sample::run(), "false"));
}

#[test]
fn content_is_written_by_the_conventions_if_it_is_asked_for() {
    let with = spans(&sample::run(), true);
    let mut shown = Vec::new();
    for span in &with {
        let said = span.attributes.iter();
        let names = said.filter(|said| {
            let content = [
                "messages",
                "definitions",
                "arguments",
                "result",
                "retrieval",
            ];
            content.iter().any(|word| said.key.contains(word))
        });
        shown.extend(
            names.map(|said| format!("{}: {} = {}", span.name, said.key, text(span, &said.key))),
        );
    }
    assert_snapshot!(shown.join("\n"));
}

fn text(span: &Span, key: &str) -> String {
    let said = span.attributes.iter().find(|said| said.key == key);
    match said.and_then(|said| said.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_that_people_wrote_is_sent_if_nobody_asked_for_it() {
    let without = written(&sample::run(), "false");
    for word in [
        "shout hi",
        "be brief",
        "again",
        "a page",
        "what is there",
        "of the input",
        "HI",
    ] {
        assert!(!without.contains(word), "{word}");
    }
    let with = written(&sample::run(), "true");
    assert!(with.contains("shout hi") && !with.contains("of the input"));
}

/// Each span with the name of the one that it is within.
fn within(spans: &[Span]) -> Vec<(&str, &str)> {
    let names: HashMap<&[u8], &str> = spans
        .iter()
        .map(|span| (&*span.span_id, span.name.as_str()))
        .collect();
    assert_eq!(names.len(), spans.len(), "each has an id of its own");
    let parents = spans.iter();
    parents
        .map(|span| {
            let parent = names.get(&*span.parent_span_id);
            (span.name.as_str(), parent.copied().unwrap_or_default())
        })
        .collect()
}

#[test]
fn tasks_are_within_the_tasks_whose_subgraph_they_are_of_and_calls_within_what_made_them() {
    let spans = spans(&sample::run(), false);
    assert_eq!(
        within(&spans),
        [
            ("invoke_agent agent", ""),
            ("node_1", "invoke_agent agent"),
            ("node_2", "node_1"),
            ("node_3", "node_2"),
            ("chat gpt-4o", "node_3"),
            ("execute_tool shout", "node_3"),
            ("chat other-2", "node_2"),
            ("retrieval Library", "execute_tool shout"),
        ]
    );
}

#[test]
fn a_task_of_two_attempts_is_two_spans_and_its_calls_are_within_theirs() {
    let mut run = sample::run();
    let mut first = run.steps[2].clone();
    first.ns = String::new();
    let mut second = first.clone();
    second.attempt = 2;
    second.started_at = run.ended;
    run.steps = vec![first, second];
    run.calls.truncate(2);
    run.calls[1].started_at = run.ended;
    let spans = spans(&run, false);
    assert_eq!(spans[3].parent_span_id, spans[1].span_id);
    assert_eq!(spans[4].parent_span_id, spans[2].span_id);
    assert_ne!(spans[1].span_id, spans[2].span_id);
}

#[test]
fn a_run_within_somebodys_trace_is_a_part_of_it() {
    let mut run = sample::run();
    let alone = spans(&run, false);
    assert_eq!(alone[0].trace_id, run.run.run_id.uuid().as_bytes());
    assert_eq!(alone, spans(&run, false), "the same ids each time");
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    run.parent = parent.parse().ok();
    let part = spans(&run, false);
    assert!(
        part.iter()
            .all(|span| span.trace_id == run.parent.unwrap().trace_id)
    );
    assert_eq!(part[0].parent_span_id, run.parent.unwrap().span_id);
    assert_eq!((part[0].flags, part[1].flags), (0x301, 0x101));
}

#[test]
fn a_run_that_was_cancelled_has_not_failed() {
    let mut run = sample::run();
    (run.error, run.status) = (None, RunStatus::Interrupted);
    assert_eq!(spans(&run, false)[0].status, None);
    run.status = RunStatus::Timeout;
    let root = &spans(&run, false)[0];
    assert_eq!(text(root, "error.type"), "timeout");
    assert_eq!(text(root, "lgx.run.status"), "timeout");
    assert!(root.status.is_some());
}

#[test]
fn a_clock_that_was_set_back_makes_no_span_that_ends_before_it_begins() {
    let mut run = sample::run();
    run.ended = Timestamp::from_micros(-1);
    let root = &spans(&run, false)[0];
    assert_eq!(root.start_time_unix_nano, root.end_time_unix_nano);
}

#[test]
fn what_was_raised_has_the_name_of_its_class() {
    for (line, expected) in [
        ("ValueError: no: such", "ValueError"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("openai.RateLimitError: slow down", "openai.RateLimitError"),
        ("cancelled", "cancelled"),
        ("it went wrong: badly", "_OTHER"),
        ("", "_OTHER"),
    ] {
        assert_eq!(error_type(line), expected, "{line}");
    }
}

#[test]
fn a_namespace_names_the_task_that_a_subgraph_is_of() {
    for (ns, expected) in [
        ("", None),
        ("child:1f", Some("1f")),
        ("a:1f|b:2e", Some("2e")),
        ("a:1f|b:2e|1", Some("2e")),
    ] {
        assert_eq!(outer_task(ns), expected, "{ns}");
    }
}
