//! A thread belongs to the language that began it: what a graph in the other one meets, and that nothing is lost by it.

use std::io::Write as _;

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, Project, why_no_node};
use serde_json::{Value, json};

const PYTHON: &str = "\
from typing import Annotated, TypedDict
import operator

from langgraph.graph import START, StateGraph


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


graph = StateGraph(State).add_node('a', lambda state: {'log': ['python']}).add_edge(START, 'a').compile()
";

/// The project with a graph of each language under these two ids.
fn serve(project: &Project, python: &str, javascript: &str) -> Result<DevServer> {
    let graphs = json!({python: "./src/python_graph.py:graph", javascript: "./src/multi.ts:graph"});
    let config = json!({"node_version": "20", "dependencies": ["."], "graphs": graphs});
    project.write("langgraph.json", &config.to_string())?;
    DevServer::start(project, &["--no-reload"])
}

fn begun_by(server: &DevServer, graph: &str) -> Result<String> {
    let thread = server.client().new_thread()?;
    let path = format!("/threads/{thread}/runs/wait");
    server.client().post(&path, &run_of(graph))?.ok()?;
    Ok(thread)
}

fn run_of(graph: &str) -> Value {
    json!({"assistant_id": graph, "input": {"log": ["in"]}})
}

/// Whether it is refused with 409, and says which language the thread is of.
fn is_refused(
    server: &DevServer,
    method: &str,
    path: &str,
    body: Option<&Value>,
    of: &str,
) -> Result<()> {
    let answer = server.client().ask(method, path, body)?;
    let detail = answer.json()?["detail"].to_string();
    ensure!(
        answer.status == 409,
        "{method} {path}: {} {detail}",
        answer.status
    );
    ensure!(detail.contains(&format!("a graph in {of}")), "{detail}");
    Ok(())
}

#[test]
fn a_thread_is_for_graphs_of_its_own_language() -> Result<()> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: threads of the other language: {reason}"
        )?;
        return Ok(());
    }
    let project = Project::with_packages("fixtures-js")?;
    project.write("src/python_graph.py", PYTHON)?;
    let server = serve(&project, "snake", "coffee")?;
    let client = server.client();
    let threads = [
        (begun_by(&server, "snake")?, "snake", "coffee", "Python"),
        (
            begun_by(&server, "coffee")?,
            "coffee",
            "snake",
            "JavaScript",
        ),
    ];
    for (thread, own, other, language) in &threads {
        let place = format!("/threads/{thread}");
        let before = client.get(&place)?.ok()?;
        for way in ["", "/stream", "/wait"] {
            let path = format!("{place}/runs{way}");
            is_refused(&server, "POST", &path, Some(&run_of(other)), language)?;
        }
        ensure!(client.get(&place)?.ok()? == before);
        let state = client.get(&format!("{place}/state"))?.ok()?;
        ensure!(state["values"] == before["values"], "{state}");
        let again = client
            .post(&format!("{place}/runs/wait"), &run_of(own))?
            .ok()?;
        let length = before["values"]["log"].as_array().map_or(0, Vec::len);
        ensure!(
            again["log"].as_array().map_or(0, Vec::len) == 2 * length,
            "{again}"
        );
    }

    // The same graphs, each in the other language now.
    let before: Vec<Value> = threads
        .iter()
        .map(|(thread, ..)| client.get(&format!("/threads/{thread}"))?.ok())
        .collect::<Result<_>>()?;
    drop(server);
    let server = serve(&project, "coffee", "snake")?;
    for ((thread, own, _, language), before) in threads.iter().zip(&before) {
        let place = format!("/threads/{thread}");
        let update = json!({"values": {"log": ["x"]}});
        is_refused(&server, "GET", &format!("{place}/state"), None, language)?;
        is_refused(
            &server,
            "POST",
            &format!("{place}/state"),
            Some(&update),
            language,
        )?;
        let history = format!("{place}/history");
        is_refused(
            &server,
            "POST",
            &history,
            Some(&json!({"limit": 5})),
            language,
        )?;
        is_refused(
            &server,
            "POST",
            &format!("{place}/runs/wait"),
            Some(&run_of(own)),
            language,
        )?;
        ensure!(server.client().get(&place)?.ok()? == *before);
    }
    drop(server);
    let server = serve(&project, "snake", "coffee")?;
    for ((thread, ..), before) in threads.iter().zip(&before) {
        let state = server
            .client()
            .get(&format!("/threads/{thread}/state"))?
            .ok()?;
        ensure!(state["values"] == before["values"], "{state}");
    }
    Ok(())
}
