//! SIGKILL of lgx leaves no process behind, whatever its worker is at.

use anyhow::{Context, Result, ensure};
use lgx_tests::{Alive, Client, DevServer, Project};
use serde_json::{Value, json};

const GRAPH: &str = "busy.py";
const CODE: &str = r#"
import ctypes
import subprocess
import time

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    op: str


async def act(state: State):
    if state["op"] == "child":
        child = subprocess.Popen(["sleep", "3600"])
        print("here", flush=True)
        child.wait()
    print("here", flush=True)
    if state["op"] == "spin":
        while True:
            pass
    if state["op"] == "hold":
        ctypes.PyDLL(None).sleep(3600)  # holds the interpreter


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;

fn serve(arguments: &[&str]) -> Result<(Project, DevServer)> {
    let project = Project::copy_of("bench")?;
    project.write(GRAPH, CODE)?;
    let config = json!({"dependencies": ["."], "graphs": {"busy": format!("./{GRAPH}:graph")}});
    project.write("langgraph.json", &config.to_string())?;
    let server = DevServer::start(&project, arguments)?;
    Ok((project, server))
}

/// A run in the background.
fn begin(client: &Client, op: &str) -> Result<Value> {
    let body = json!({"assistant_id": "busy", "input": {"op": op}});
    client.post("/runs", &body)?.ok()
}

/// Kills the server alone, and waits until all that it started has gone.
fn kill(server: DevServer, least: usize) -> Result<()> {
    let left = Alive::of(&server.children()?)?;
    ensure!(left.count() >= least, "only {} processes", left.count());
    server.kill()?;
    left.gone()
}

#[test]
fn a_worker_with_nothing_to_do_goes_with_its_server() -> Result<()> {
    let (_project, server) = serve(&["--no-reload"])?;
    kill(server, 1)
}

#[test]
fn a_worker_goes_with_its_server_whatever_a_node_is_at() -> Result<()> {
    for (op, processes) in [("spin", 1), ("hold", 1), ("child", 2)] {
        let (_project, server) = serve(&["--no-reload"])?;
        begin(&server.client(), op)?;
        server.wait_for_stderr(0, &["here"])?;
        kill(server, processes).context(op)?;
    }
    Ok(())
}

#[test]
fn a_worker_goes_with_its_server_in_the_midst_of_an_import() -> Result<()> {
    for import in [
        "while True:\n    pass\n",
        "import ctypes\nctypes.PyDLL(None).sleep(3600)\n",
    ] {
        let (project, server) = serve(&[])?;
        let before = server.stderr().len();
        project.write(GRAPH, &format!("print('here', flush=True)\n{import}{CODE}"))?;
        server.wait_for_stderr(before, &["here"])?;
        kill(server, 2).context(import)?;
    }
    Ok(())
}
