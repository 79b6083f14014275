//! langgraph's own conformance suite for checkpointers, through the worker of a real server, on each backend of the store.

use std::process::Command;

use anyhow::Result;
use lgx_tests::{DevServer, Project, python_env};
use serde_json::{Value, json};

use crate::serve_postgres::database;

/// A graph that puts the checkpointer of its server through the suite: as it writes when it waits for each write, and when it does not.
const SUITE: &str = r#"
from typing import TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint import conformance
from langgraph.graph import START, StateGraph


class State(TypedDict, total=False):
    passed: list[str]
    failed: list[str]


async def validate(state: State, config: RunnableConfig) -> State:
    of_run = config["configurable"]["__pregel_checkpointer"]
    passed, failed = [], []
    for behind in (False, True):

        @conformance.checkpointer_test(name="of no run, as the suite names its own")
        async def checkpointer():
            yield type(of_run)(of_run.connection, behind=behind)

        report = await conformance.validate(checkpointer)
        for name, result in sorted(report.results.items()):
            (passed if result.passed else failed).append(f"{name}, {behind}: {result.failures}")
    return {"passed": passed, "failed": failed}


graph = StateGraph(State).add_sequence([validate]).add_edge(START, "validate").compile()
"#;

/// How many capabilities the suite knows.
const CAPABILITIES: usize = 8;

/// What the suite says of a server whose state is where `place` has it.
fn said(place: impl FnOnce(&mut Command)) -> Result<Value> {
    let project = Project::copy_of("bench")?;
    project.write("suite.py", SUITE)?;
    let graphs = json!({"dependencies": ["."], "graphs": {"conformance": "./suite.py:graph"}});
    project.write("langgraph.json", &graphs.to_string())?;
    let mut command = DevServer::production(&project, &["--no-auth"])?;
    command.env("LGX_PYTHON", python_env()?.python());
    place(&mut command);
    let server = DevServer::spawn(command)?;
    let client = server.client();
    let thread_id = client.new_thread()?;
    let body = json!({"assistant_id": "conformance", "input": {}});
    client
        .post(&format!("/threads/{thread_id}/runs/wait"), &body)?
        .ok()
}

fn assert_conforms(said: &Value) {
    assert_eq!(said["failed"], json!([]), "{said}");
    let passed = said["passed"].as_array().map_or(0, Vec::len);
    assert_eq!(passed, 2 * CAPABILITIES, "{said}");
}

#[test]
fn the_checkpointer_conforms_with_state_in_a_folder() -> Result<()> {
    assert_conforms(&said(|_| {})?);
    Ok(())
}

#[test]
fn the_checkpointer_conforms_with_state_in_postgres() -> Result<()> {
    let Some(database) = database()? else {
        return Ok(());
    };
    assert_conforms(&said(|command| {
        command.env("DATABASE_URI", database.address());
    })?);
    Ok(())
}
