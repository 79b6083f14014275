//! The token of a user is for the graph: no answer, no file and no line of the log has it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, IdentityProvider, Project};
use serde_json::{Value, json};

/// A graph that says what it knows of its user, waits until it is killed unless a file says that it was, and says it again.
const GRAPH: &str = r#"
import threading
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    before: dict[str, Any]
    after: dict[str, Any]


def known(config: RunnableConfig) -> dict[str, Any]:
    user = config["configurable"]["langgraph_auth_user"]
    return {"identity": user.identity, "length of token": len(user.get("access_token", ""))}


def look(state: State, config: RunnableConfig) -> State:
    return {"before": known(config)}


def wait(state: State) -> State:
    if not Path("go").exists():
        get_stream_writer()("waiting")
        threading.Event().wait()
    return {}


def look_again(state: State, config: RunnableConfig) -> State:
    return {"after": known(config)}


builder = StateGraph(State)
builder.add_sequence([look, wait, look_again])
builder.add_edge(START, "look")
graph = builder.compile()
"#;

const MODES: [&str; 7] = [
    "values",
    "updates",
    "debug",
    "tasks",
    "checkpoints",
    "custom",
    "events",
];

#[test]
fn a_token_reaches_the_graph_and_nothing_that_lasts_not_even_by_a_crash() -> Result<()> {
    let provider = IdentityProvider::start()?;
    let token = provider.log_in("ada@example.com")?;
    let project = Project::scaffold("oauth-python", "chatbot")?;
    project.edit(".env", "http://127.0.0.1:9999", provider.url())?;
    project.write("src/agent/graph.py", GRAPH)?;
    let flags = ["--no-reload", "--server-log-level", "debug"];
    let server = DevServer::start(&project, &flags)?;
    let client = as_user(&server, &token);
    let thread = client.new_thread()?;
    let path = format!("/threads/{thread}/runs");
    let run = json!({
        "assistant_id": "agent", "input": {}, "stream_mode": MODES, "stream_subgraphs": true,
        "stream_resumable": true, "durability": "sync"
    });

    // The run is going on, and the graph knows the token.
    let mut told = Vec::new();
    for event in client.events(&format!("{path}/stream"), &run)? {
        let event = event?;
        told.push(event.data.to_string());
        if event.data == "waiting" {
            break;
        }
    }
    told.extend(all_that_is_told(&client, &thread)?);
    let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
    let identity = state["values"]["before"]["identity"].clone();
    assert_eq!(state["values"]["before"]["length of token"], token.len());
    told.push(server.stderr().text());
    server.kill_everything()?;
    ensure!(
        files_with(&project.path(".lgx"), &token)?.is_empty(),
        "while the run was going on: {:?}",
        files_with(&project.path(".lgx"), &token)?
    );

    // It goes on with who its user is, and without what was never written down.
    project.write("go", "")?;
    let server = DevServer::start(&project, &flags)?;
    let client = as_user(&server, &token);
    let runs = client.get(&path)?.ok()?;
    let run = runs[0]["run_id"].as_str().context("a run has an id")?;
    let ended = client.get(&format!("{path}/{run}/join"))?.ok()?;
    assert_eq!(
        ended["after"],
        json!({"identity": identity, "length of token": 0})
    );
    told.extend(all_that_is_told(&client, &thread)?);
    for event in client.follow(&format!("{path}/{run}/stream?last_event_id=-1"))? {
        told.push(event?.data.to_string());
    }
    told.push(server.stderr().text());
    server.kill_everything()?;

    for text in &told {
        ensure!(!text.contains(&token), "{text}");
        ensure!(!text.contains("access_token"), "{text}");
    }
    let found = files_with(&project.path(".lgx"), &token)?;
    ensure!(found.is_empty(), "{found:?}");
    // That the folder was read: what it has to hold is found.
    let identity = identity.as_str().context("an identity is a text")?;
    ensure!(!files_with(&project.path(".lgx"), identity)?.is_empty());
    Ok(())
}

fn as_user(server: &DevServer, token: &str) -> Client {
    server
        .client()
        .with_header("authorization", &format!("Bearer {token}"))
}

/// What the API tells of a thread and its runs.
fn all_that_is_told(client: &Client, thread: &str) -> Result<Vec<String>> {
    let runs = client.get(&format!("/threads/{thread}/runs"))?.ok()?;
    let run = runs[0]["run_id"].as_str().context("a run has an id")?;
    let mut told = vec![runs.to_string()];
    for path in ["", "/state", "/history?limit=100", &format!("/runs/{run}")] {
        told.push(
            client
                .get(&format!("/threads/{thread}{path}"))?
                .ok()?
                .to_string(),
        );
    }
    let found: Value = client.post("/threads/search", &json!({}))?.ok()?;
    told.push(found.to_string());
    told.push(client.get("/metrics")?.body);
    Ok(told)
}

/// The files of a folder that hold this text.
fn files_with(folder: &Path, text: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_with(&path, text)?);
        } else if path.is_file() {
            let content = fs_err::read(&path)?;
            let holds = content
                .windows(text.len())
                .any(|part| part == text.as_bytes());
            found.extend(holds.then(|| path.display().to_string()));
        }
    }
    Ok(found)
}
