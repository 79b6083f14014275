//! The oldest langgraph that is promised to work: questions, history, forks, memory and streams of it.

use anyhow::{Context, Result};
use lgx_tests::{DevServer, Project, oldest_env};
use serde_json::{Value, json};

/// Of `fixtures`, what asks nothing newer of langgraph.
const PROJECT: &str = r#"{"dependencies": ["."], "graphs": {
  "hitl": "./src/hitl.py:graph", "nested": "./src/nested.py:graph", "memory": "./src/memory.py:graph", "chat": "./src/chat.py:graph"
}}"#;

#[test]
fn a_project_of_2025_is_served() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    project.write("langgraph.json", PROJECT)?;
    let mut command = DevServer::command(&project, &["--no-reload"])?;
    command.env("LGX_PYTHON", oldest_env()?.python());
    let server = DevServer::spawn(command)?;
    let client = server.client();

    let thread = format!("/threads/{}", client.new_thread()?);
    let (run, history) = (format!("{thread}/runs/wait"), format!("{thread}/history"));
    let asked = client.post(
        &run,
        &json!({"assistant_id": "hitl", "input": {"question": "really?"}}),
    )?;
    assert_eq!(
        asked.ok()?["__interrupt__"][0]["value"],
        json!({"q": "really?"})
    );
    let resume = json!({"assistant_id": "hitl", "command": {"resume": "yes"}});
    assert_eq!(client.post(&run, &resume)?.ok()?["final"], "answer=yes");
    let states = client.post(&history, &json!({"limit": 10}))?.ok()?;
    let next: Vec<&Value> = states
        .as_array()
        .context("a history is a list")?
        .iter()
        .map(|state| &state["next"])
        .collect();
    assert_eq!(
        next,
        [
            &json!([]),
            &json!(["done"]),
            &json!(["ask"]),
            &json!(["__start__"])
        ]
    );
    // From before the question on, it is asked again.
    let fork = json!({"assistant_id": "hitl", "checkpoint": states[3]["checkpoint"]});
    let asked = client.post(&run, &fork)?.ok()?;
    assert_eq!(asked["__interrupt__"][0]["value"], json!({"q": "really?"}));

    for (graph, input, key) in [
        ("nested", json!({}), "log"),
        ("memory", json!({"note": "tea"}), "notes"),
        (
            "chat",
            json!({"messages": [{"role": "user", "content": "hi"}]}),
            "messages",
        ),
    ] {
        let state = client
            .post(
                "/runs/wait",
                &json!({"assistant_id": graph, "input": input}),
            )?
            .ok()?;
        assert!(!state[key].is_null(), "{graph}: {state}");
    }
    Ok(())
}
