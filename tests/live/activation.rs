//! What the project's code starts finds the environment of the project, although nobody activated it.

use anyhow::Result;
use lgx_tests::{DevServer, Project, python_env};
use serde_json::json;

const GRAPH: &str = r#""""Says which Python it runs on, and which one it would start."""

import subprocess
import sys

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    own: str
    started: str


def look(_: State) -> State:
    child = subprocess.run(["python", "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True)
    return {"own": sys.prefix, "started": child.stdout.strip()}


graph = StateGraph(State).add_node(look).add_edge(START, "look").compile()
"#;

#[test]
fn python_means_the_projects_own_to_the_programs_that_its_code_starts() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    project.write("src/look.py", GRAPH)?;
    project.write(
        "langgraph.json",
        r#"{"dependencies": ["."], "graphs": {"look": "./src/look.py:graph"}}"#,
    )?;
    std::os::unix::fs::symlink(python_env()?.dir(), project.path(".venv"))?;

    let server = DevServer::spawn(DevServer::command(&project, &["--no-reload"])?)?;

    let body = json!({"assistant_id": "look", "input": {}});
    let found = server.client().post("/runs/wait", &body)?.ok()?;
    assert_eq!(found["started"], found["own"], "{found}");
    let own = found["own"].as_str().unwrap_or_default();
    assert!(own.ends_with("/.venv"), "{found}");
    Ok(())
}
