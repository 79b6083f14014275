//! What becomes of each event of a run.

use super::*;

fn converter(streaming: bool) -> Converter {
    let mut converter = Converter::new(RunId::fresh(), "g", streaming);
    assert_eq!(told(&converter.begin()), ["lifecycle running"]);
    assert!(converter.begin().is_empty(), "it begins only once");
    assert_eq!(converter.attempts(), 2);
    converter
}

/// Method, and what tells most of the data.
fn told(bodies: &[Body]) -> Vec<String> {
    let told = bodies.iter().map(|body| {
        let data: Value = serde_json::from_slice(&body.data).unwrap();
        let what = match &data["event"] {
            Value::String(event) => event.clone(),
            _ => data.to_string(),
        };
        let place = body.namespace.join("|");
        format!(
            "{}{} {what}",
            body.method,
            if place.is_empty() {
                String::new()
            } else {
                format!("@{place}")
            }
        )
    });
    told.collect()
}

fn event(converter: &mut Converter, name: &str, data: &Value) -> Vec<String> {
    told(&converter.event(name, &text(data)))
}

#[test]
fn a_run_that_fails_before_it_has_a_graph_is_told_from_its_beginning() {
    let mut converter = Converter::new(RunId::fresh(), "g", false);
    let error = "no such tenant".to_owned();
    assert_eq!(
        told(&converter.end(&End::Failed { error })),
        ["lifecycle running", "lifecycle failed"]
    );
}

#[test]
fn an_interrupt_asks_before_the_values_and_ends_the_run_once() {
    let mut converter = converter(true);
    let data = json!({"q": 1, "__interrupt__": [{"id": "i", "value": 7}]});
    let first = event(&mut converter, "values", &data);
    assert_eq!(
        first,
        [
            r#"input.requested {"interrupt_id":"i","payload":7,"value":7}"#,
            "lifecycle interrupted",
            r#"values {"q":1}"#
        ]
    );
    let again = event(&mut converter, "values", &data);
    assert_eq!(again, [r#"values {"q":1}"#]);
    assert!(converter.end(&End::Completed).is_empty());
}

#[test]
fn what_is_asked_while_other_nodes_go_on_interrupts_the_run_at_its_end() {
    let mut converter = converter(true);
    let asked = event(
        &mut converter,
        "asks|child:1",
        &json!([{"id": "i", "value": 7}]),
    );
    assert_eq!(
        asked,
        [r#"input.requested@child:1 {"interrupt_id":"i","payload":7,"value":7}"#]
    );
    let again = json!([{"id": "i", "value": 7}]);
    assert!(event(&mut converter, "asks", &again).is_empty());
    let update = json!({"node": "other", "values": {"n": 1}});
    let bodies = converter.event("update", &text(&update));
    assert_eq!(told(&bodies), [r#"updates {"n":1}"#]);
    assert_eq!(bodies[0].node.as_deref(), Some("other"));
    assert_eq!(
        told(&converter.end(&End::Completed)),
        ["lifecycle interrupted"]
    );
}

#[test]
fn values_that_hold_nothing_but_what_is_asked_are_none() {
    let data = json!({"__interrupt__": [{"id": "i", "value": 7}]});
    assert_eq!(
        event(&mut converter(false), "values", &data),
        [
            r#"input.requested {"interrupt_id":"i","payload":7,"value":7}"#,
            "lifecycle interrupted"
        ]
    );
}

#[test]
fn updates_of_other_runs_are_told_node_by_node() {
    let data = json!({"a": {"n": 1}, "b": {"n": 2}});
    assert_eq!(
        event(&mut converter(true), "updates", &data),
        [r#"updates {"a":{"n":1},"b":{"n":2}}"#]
    );
    let bodies = converter(false).event("updates", &text(&data));
    assert_eq!(told(&bodies), [r#"updates {"n":1}"#, r#"updates {"n":2}"#]);
    assert_eq!(bodies[1].node.as_deref(), Some("b"));
}

#[test]
fn a_tools_result_is_also_a_message() {
    let data = json!({"event": "tool-finished", "tool_call_id": "c", "output": {"content": "2"}});
    assert_eq!(
        event(&mut converter(true), "tools", &data),
        [
            "tools tool-finished",
            "messages@tools:c message-start",
            "messages@tools:c content-block-start",
            "messages@tools:c content-block-delta",
            "messages@tools:c content-block-finish",
            "messages@tools:c message-finish"
        ]
    );
}

#[test]
fn a_tools_event_may_be_all_that_is_told() {
    let data = json!({"event": "tool-finished", "tool_call_id": "c", "output": {"content": "2"}});
    assert_eq!(
        event(&mut converter(true), "tool", &data),
        ["tools tool-finished"]
    );
}

#[test]
fn ends_are_told_once_and_child_ends_have_an_identity_of_their_own() {
    let mut converter = converter(true);
    let bodies = converter.event("lifecycle|child:1", &text(&json!({"event": "failed"})));
    let identity = bodies[0].identity.clone().unwrap();
    assert!(identity.ends_with(":lc|child:1|failed"), "{identity}");
    assert!(
        converter.event("lifecycle|child:1", &text(&json!({"event": "started"})))[0]
            .identity
            .is_none()
    );
    let end = End::Failed {
        error: "kaboom".into(),
    };
    assert_eq!(told(&converter.end(&end)), ["lifecycle failed"]);
    assert!(converter.end(&End::Completed).is_empty());
    assert_eq!(
        serde_json::to_string(&end).unwrap(),
        r#"{"event":"failed","error":"kaboom"}"#
    );
}

#[test]
fn what_the_protocol_does_not_know_is_left_out() {
    for name in [
        "metadata",
        "debug",
        "events",
        "messages",
        "messages/partial",
        "error",
    ] {
        assert!(
            event(&mut converter(false), name, &json!({})).is_empty(),
            "{name}"
        );
    }
}
