//! Secrets of the environment and of requests are in no log, no answer and no file, however much is logged.

use std::path::Path;

use anyhow::{Result, ensure};
use lgx_tests::{Client, DevServer, Project, python_env};
use serde_json::json;

/// What all secrets of this test have in them.
const SECRET: &str = "sekrit";

const GRAPH: &str = r#"
import os
from typing import TypedDict

from langgraph.graph import START, StateGraph


class State(TypedDict):
    text: str


def fail(state: State) -> State:
    token = os.environ["SERVICE_TOKEN"]
    assert token == "sekrit-env"
    raise ValueError("the service refused us")


builder = StateGraph(State)
builder.add_node("fail", fail)
builder.add_edge(START, "fail")
graph = builder.compile()
"#;

const BROKEN: &str = r#"
import os

KEY = os.environ["SERVICE_TOKEN"]


def connect(key):
    raise RuntimeError("no connection")


connect(KEY)
"#;

const AUTH: &str = r#"
from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def authenticate(authorization: str | None) -> dict:
    if authorization != "Bearer sekrit-token":
        raise Auth.exceptions.HTTPException(status_code=401, detail="who are you?")
    return {"identity": "ann", "api_key": "sekrit-of-user"}
"#;

/// A project whose environment has secrets, in a line that is not understood too.
fn project() -> Result<Project> {
    let project = Project::copy_of("fixtures")?;
    project.write("src/failing.py", GRAPH)?;
    project.write("src/broken.py", BROKEN)?;
    project.write("src/auth.py", AUTH)?;
    project.write(
        ".env",
        "SERVICE_TOKEN=sekrit-env\nLG_WEBHOOK_TOKEN=sekrit-hook\nno assignment sekrit-line\n",
    )?;
    let config = json!({
        "dependencies": ["."],
        "env": ".env",
        "graphs": {"failing": "./src/failing.py:graph", "broken": "./src/broken.py:graph"},
        "auth": {"path": "./src/auth.py:auth"},
        "webhooks": {
            "env_prefix": "LG_WEBHOOK_",
            "headers": {"x-token": "${{ env.LG_WEBHOOK_TOKEN }}"},
            "url": {"disable_loopback": false, "require_https": false},
        },
    });
    project.write("langgraph.json", &config.to_string())?;
    Ok(project)
}

/// A client that has secrets in all places where clients have them.
fn client(server: &DevServer) -> Client {
    let headers = [
        ("authorization", "Bearer sekrit-token"),
        ("cookie", "session=sekrit-cookie"),
        ("x-api-key", "sekrit-key"),
        ("proxy-authorization", "Basic sekrit-proxy"),
        ("x-of-our-own", "sekrit-header"),
    ];
    headers
        .iter()
        .fold(server.client(), |client, (name, value)| {
            client.with_header(name, value)
        })
}

/// Checks every file below a directory.
fn no_secret_below(directory: &Path) -> Result<usize> {
    let mut files = 0;
    for entry in fs_err::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            files += no_secret_below(&path)?;
            continue;
        }
        let bytes = fs_err::read(&path)?;
        let found = bytes
            .windows(SECRET.len())
            .any(|window| window == SECRET.as_bytes());
        ensure!(!found, "{} has a secret in it", path.display());
        files += 1;
    }
    Ok(files)
}

#[test]
fn no_secret_is_in_a_log_an_answer_or_a_file() -> Result<()> {
    let project = project()?;
    let mut command = DevServer::command(&project, &["--server-log-level", "debug"])?;
    command
        .env("LGX_PYTHON", python_env()?.python())
        .env("LGX_LOG", "trace");
    let server = DevServer::spawn(command)?;
    let client = client(&server);
    let mut answers = Vec::new();
    let mut keep = |answer: lgx_tests::Answer| answers.push(answer.body);

    let thread = client.new_thread()?;
    let runs = format!("/threads/{thread}/runs");
    for graph in ["failing", "broken"] {
        // Nobody listens there: the report is tried, and the reason told.
        let run = json!({"assistant_id": graph, "input": {"text": "x"}, "webhook": "http://127.0.0.1:9/hook"});
        keep(client.post(&format!("{runs}/wait"), &run)?);
    }
    keep(client.get(&runs)?);
    keep(client.get(&format!("/threads/{thread}"))?);
    for path in [
        "/metrics",
        "/info",
        "/openapi.json",
        "/nowhere?token=sekrit-query",
    ] {
        keep(client.get(path)?);
    }
    let stranger = server
        .client()
        .with_header("authorization", "Bearer sekrit-guess");
    let refused = stranger.post("/threads", &json!({}))?;
    ensure!(refused.status == 401);
    keep(refused);

    // Code that does not load any more, with a secret in its hands.
    let from = server.stderr().len();
    project.write("src/failing.py", BROKEN)?;
    server.wait_for_stderr(from, &["no connection"])?;

    for answer in &answers {
        ensure!(!answer.contains(SECRET), "{answer}");
    }
    let files = no_secret_below(&project.path(".lgx"))?;
    ensure!(files >= 4, "{files} files");
    let told = server.stderr().text();
    ensure!(told.contains("the service refused us"), "{told}");
    let found = told.lines().find(|line| line.contains(SECRET));
    ensure!(found.is_none(), "{found:?}");
    Ok(())
}
