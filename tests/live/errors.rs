//! What a client sees of an exception, and what only the terminal shows.

use std::io::Write as _;

use anyhow::{Result, ensure};
use lgx_tests::{Client, DevServer, Project, why_no_node};
use serde_json::{Value, json};

const HIDDEN: &str = "An internal error occurred";

#[test]
fn with_redact_errors_the_message_of_an_unexpected_exception_stays_in_the_terminal() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload", "--redact-errors"])?;
    let client = server.client();
    for (class, message) in [
        ("Mine", HIDDEN),
        ("MineOS", HIDDEN),
        ("IndexError", HIDDEN),
        ("ValueError", "kaboom"),
        ("MineValue", "kaboom"),
        ("TimeoutError", "kaboom"),
    ] {
        let before = server.stderr().len();
        let thread = client.new_thread()?;
        let error = json!({"error": class, "message": message});
        for told in everywhere(&client, &thread, class)? {
            assert_eq!(told, error);
        }
        server.wait_for_stderr(before, &[class, "kaboom"])?;
        let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
        assert_eq!(
            state["tasks"][0]["error"],
            format!("{class}('{HIDDEN}')"),
            "stored as text, it cannot be told apart any more"
        );
    }
    Ok(())
}

#[test]
fn with_redact_errors_no_exception_of_javascript_is_told_either() -> Result<()> {
    if let Some(reason) = why_no_node() {
        writeln!(std::io::stderr(), "SKIPPED: errors of JavaScript: {reason}")?;
        return Ok(());
    }
    let project = Project::with_packages("fixtures-js")?;
    let server = DevServer::start(&project, &["--no-reload", "--redact-errors"])?;
    let client = server.client();
    for (class, is_told) in [("Mine", false), ("TypeError", true)] {
        let before = server.stderr().len();
        let thread = client.new_thread()?;
        let place = format!("/threads/{thread}");
        let body = json!({
            "assistant_id": "boom", "input": {"exc": class}, "stream_mode": ["tasks", "debug", "checkpoints", "values"]
        });
        let streamed = client
            .events(&format!("{place}/runs/stream"), &body)?
            .map(|event| Ok(event?.data.to_string()))
            .collect::<Result<Vec<_>>>()?;
        let state = client.get(&format!("{place}/state"))?.ok()?;
        ensure!(
            state["tasks"][0]["error"].to_string().contains(class),
            "{state}"
        );
        let told = [
            streamed.concat(),
            state.to_string(),
            client.get(&place)?.ok()?.to_string(),
            client
                .post(&format!("{place}/history"), &json!({}))?
                .ok()?
                .to_string(),
            client
                .post(&format!("{place}/runs/wait"), &body)?
                .ok()?
                .to_string(),
        ];
        for told in told {
            ensure!(told.contains("kaboom") == is_told, "{class}: {told}");
        }
        server.wait_for_stderr(before, &[class, "kaboom"])?;
    }
    Ok(())
}

/// How a failure appears in the answer of a wait, by a stream's end and its task, by the thread and by a join.
fn everywhere(client: &Client, thread: &str, class: &str) -> Result<Vec<Value>> {
    let ask = json!({"assistant_id": "errors", "input": {"exc": class}, "stream_mode": ["tasks"]});
    let waited = client
        .post(&format!("/threads/{thread}/runs/wait"), &ask)?
        .ok()?;
    let mut events = client
        .events(&format!("/threads/{thread}/runs/stream"), &ask)?
        .collect::<Result<Vec<_>>>()?;
    let last = events.pop().map(|event| event.data);
    let task = events.pop().map(|event| event.data["error"].clone());
    let shown = client.get(&format!("/threads/{thread}"))?.ok()?;
    let runs = client.get(&format!("/threads/{thread}/runs"))?.ok()?;
    let run = runs[0]["run_id"].as_str().unwrap_or_default();
    let joined = client
        .get(&format!("/threads/{thread}/runs/{run}/join"))?
        .ok()?;
    Ok(vec![
        waited["__error__"].clone(),
        last.unwrap_or_default(),
        task.unwrap_or_default(),
        shown["error"].clone(),
        joined["__error__"].clone(),
    ])
}
