//! Debuggers that attach to Python: breakpoints hit in the code that serves, also at import and after a reload, and trip nothing.

use std::net::TcpStream;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use lgx_tests::{DebugClient, DevServer, EndsInTime, Project, debug_env, python_env};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
const GRAPH: &str = "graph.py";
/// Line 5 is executed at import, line 13 on the event loop, line 18 in a thread.
const CODE: &str = r#"from typing import TypedDict

from langgraph.graph import StateGraph

FACTOR = 3

class State(TypedDict):
    number: int


async def on_loop(state: State) -> State:
    tripled = state["number"] * FACTOR
    return {"number": tripled}


def in_thread(state: State) -> State:
    more = state["number"] + 1
    return {"number": more}


graph = StateGraph(State).add_node(on_loop).add_node(in_thread)
graph = graph.add_edge("__start__", "on_loop").add_edge("on_loop", "in_thread").compile()
"#;
const AT_IMPORT: u64 = 5;
const ON_LOOP: u64 = 13;
const IN_THREAD: u64 = 18;
/// Has the code stand still for longer than the event loop may be blocked while others wait (5 s), and than a run has to stop (5 s).
const A_THOUGHT: &str = "__import__('time').sleep(7)";

fn project() -> Result<Project> {
    let project = Project::copy_of("bench")?;
    let graphs = json!({"dependencies": ["."], "graphs": {"agent": "./graph.py:graph"}});
    project.write("langgraph.json", &graphs.to_string())?;
    project.write(GRAPH, CODE)?;
    Ok(project)
}

fn command(project: &Project, arguments: &[&str]) -> Result<Command> {
    let mut command = DevServer::command(project, arguments)?;
    command.args(["--debug-port", "0"]);
    command.env("LGX_PYTHON", debug_env()?.python());
    Ok(command)
}

/// Where its banner says that debuggers attach.
pub(super) fn address(banner: &str) -> Result<String> {
    let row = banner.lines().find(|line| line.contains("  Debugger  "));
    let words = row.context("the banner has the address")?;
    let address = words.split_whitespace().nth(1);
    Ok(address.context("the row has the address")?.to_owned())
}

/// Runs the graph beside the test.
pub(super) fn run(server: &DevServer, body: Value) -> JoinHandle<Result<Value>> {
    let client = server.client();
    std::thread::spawn(move || client.post("/runs/wait", &body)?.ok())
}

fn triple(server: &DevServer) -> JoinHandle<Result<Value>> {
    run(
        server,
        json!({"assistant_id": "agent", "input": {"number": 2}}),
    )
}

pub(super) fn ended(run: JoinHandle<Result<Value>>) -> Result<Value> {
    run.join().ok().context("the run is waited for")?
}

/// Stands at a breakpoint for a while, looks at the state and goes on.
fn stand(debugger: &mut DebugClient, at: (&str, u64), state: &str) -> Result<()> {
    let stop = debugger.stopped()?;
    let frames = [(at.0.to_owned(), at.1)];
    // The lines of the project alone: neither those of lgx nor of libraries.
    ensure!(stop.frames == frames, "{stop:?}");
    let found = debugger.evaluate(&stop, "state")?;
    ensure!(found == state, "{found}");
    debugger.go_on(&stop)
}

#[test]
fn a_breakpoint_is_stood_at_for_any_time_and_after_a_reload_it_hits_in_the_new_code() -> Result<()>
{
    let project = project()?;
    // What blocks would be an error, and runs have 3 s.
    let mut command = command(&project, &["--forbid-blocking"])?;
    command.env("BG_JOB_TIMEOUT_SECS", "3");
    let server = DevServer::spawn(command)?;
    let address = address(&server.stderr().text())?;
    let file = project.path(GRAPH);
    let mut debugger = DebugClient::attach(&address, &file, &[ON_LOOP, IN_THREAD])?;
    server.wait_for_stderr(0, &["Debugger attached to Python"])?;

    let stands = triple(&server);
    let stop = debugger.stopped()?;
    ensure!(stop.frames == [("on_loop".to_owned(), ON_LOOP)], "{stop:?}");
    // Somebody else waits for the event loop, which stands still.
    let waits = server.client();
    let waits = std::thread::spawn(move || waits.get("/assistants/agent/graph")?.ok());
    debugger.evaluate(&stop, A_THOUGHT)?;
    ensure!(debugger.evaluate(&stop, "state['number'] * FACTOR")? == "6");
    debugger.go_on(&stop)?;
    stand(&mut debugger, ("in_thread", IN_THREAD), "{'number': 6}")?;
    ensure!(ended(stands)? == json!({"number": 7}));
    ended(waits)?;

    let before = server.stderr().len();
    project.write(GRAPH, &CODE.replace("FACTOR = 3", "FACTOR = 5"))?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    // An editor is told to attach anew, at the same place.
    ensure!(debugger.ends()?);
    let mut debugger = DebugClient::attach(&address, &file, &[IN_THREAD])?;
    let stands = triple(&server);
    stand(&mut debugger, ("in_thread", IN_THREAD), "{'number': 10}")?;
    ensure!(ended(stands)? == json!({"number": 11}));

    let said = server.stderr().text();
    for unwanted in [
        "blocked",
        "BlockingError",
        "another process",
        "ended the process",
    ] {
        ensure!(!said.contains(unwanted), "{said}");
    }
    Ok(())
}

#[test]
fn code_waits_for_its_debugger_and_new_code_for_that_to_come_back() -> Result<()> {
    let project = project()?;
    let command = command(
        &project,
        &["--wait-for-client", "--load-timeout", "1", "--strict"],
    )?;
    let file = project.path(GRAPH);
    let (server, (address, debugger)) = DevServer::spawn_awaiting(command, |stderr| {
        let waits = "Waiting: the project's code is loaded once a debugger of Python is attached";
        let waiting = stderr.wait_for(0, PATIENCE, |line| line.contains(waits))?;
        let address = address(&stderr.text())?;
        ensure!(waiting.ends_with(&address), "{waiting}");
        let mut debugger = DebugClient::attach(&address, &file, &[AT_IMPORT])?;
        let stop = debugger.stopped()?;
        let import = ("<module>".to_owned(), AT_IMPORT);
        ensure!(stop.frames == [import], "{stop:?}");
        // Longer than code may take to be loaded.
        debugger.evaluate(&stop, A_THOUGHT)?;
        debugger.go_on(&stop)?;
        Ok((address, debugger))
    })?;

    let before = server.stderr().len();
    project.write(GRAPH, &CODE.replace("FACTOR = 3", "FACTOR = 5"))?;
    server.wait_for_stderr(before, &["Waiting: "])?;
    ensure!(debugger.ends()?);
    let mut debugger = DebugClient::attach(&address, &file, &[AT_IMPORT])?;
    let stop = debugger.stopped()?;
    debugger.go_on(&stop)?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    ensure!(ended(triple(&server))? == json!({"number": 11}));

    // One that does not come back is not waited for without end.
    let before = server.stderr().len();
    drop(debugger);
    server.wait_for_stderr(before, &["Debugger of Python has left"])?;
    project.write(GRAPH, CODE)?;
    server.wait_for_stderr(before, &["the debugger has not attached to the new code"])?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    ensure!(ended(triple(&server))? == json!({"number": 7}));
    Ok(())
}

#[test]
fn a_run_that_stands_at_a_breakpoint_outlives_a_reload_and_its_cancelling() -> Result<()> {
    let project = project()?;
    let server = DevServer::spawn(command(&project, &[])?)?;
    let address = address(&server.stderr().text())?;
    let file = project.path(GRAPH);
    let mut debugger = DebugClient::attach(&address, &file, &[IN_THREAD])?;
    let old = triple(&server);
    let stop = debugger.stopped()?;
    let before = server.stderr().len();
    project.write(GRAPH, &CODE.replace("FACTOR = 3", "FACTOR = 5"))?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    // New runs are of the new code, and another debugger finds that.
    let mut newer = DebugClient::attach(&address, &file, &[IN_THREAD])?;
    let stands = triple(&server);
    stand(&mut newer, ("in_thread", IN_THREAD), "{'number': 10}")?;
    ensure!(ended(stands)? == json!({"number": 11}));
    ensure!(debugger.evaluate(&stop, "state")? == "{'number': 6}");
    debugger.go_on(&stop)?;
    ensure!(ended(old)? == json!({"number": 7}));
    ensure!(debugger.ends()?);

    let client = server.client();
    let thread = client.new_thread()?;
    let body = json!({"assistant_id": "agent", "input": {"number": 2}});
    let started = client
        .post(&format!("/threads/{thread}/runs"), &body)?
        .ok()?;
    let run = started["run_id"].as_str().context("a run has an id")?;
    let stop = newer.stopped()?;
    let cancel = format!("/threads/{thread}/runs/{run}/cancel?wait=true");
    client.post(&cancel, &json!({}))?;
    ensure!(newer.evaluate(&stop, "state")? == "{'number': 10}");
    newer.go_on(&stop)?;
    ensure!(!server.stderr().text().contains("ended the process"));
    Ok(())
}

#[test]
fn what_is_in_the_way_of_a_debugger_is_said_with_what_to_do() -> Result<()> {
    let project = project()?;
    let refused = |python: &str, arguments: &[&str]| -> Result<(Option<i32>, String)> {
        let mut command = DevServer::command(&project, arguments)?;
        let output = command.env("LGX_PYTHON", python).output_in_time()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((output.status.code(), said))
    };
    let without = python_env()?.python().display().to_string();
    let (code, said) = refused(&without, &["--debug-port", "0"])?;
    ensure!(code == Some(1), "{said}");
    ensure!(said.contains("--debug-port needs debugpy"), "{said}");
    ensure!(
        said.contains("install it: ") && said.contains("install --python")
            || said.contains("-m pip install debugpy"),
        "{said}"
    );

    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let (code, said) = refused(&without, &["--debug-port", &port])?;
    ensure!(
        code == Some(1) && said.contains(&format!("debuggers cannot attach at 127.0.0.1:{port}")),
        "{said}"
    );

    let (code, said) = refused(&without, &["--debug-port", "0", "--workers", "2"])?;
    ensure!(
        code == Some(1) && said.contains("add --workers 1"),
        "{said}"
    );
    let (code, said) = refused(&without, &["--wait-for-client"])?;
    ensure!(code == Some(2) && said.contains("--debug-port"), "{said}");
    Ok(())
}

#[test]
fn breakpoint_stops_in_the_debugger_that_is_attached() -> Result<()> {
    let project = project()?;
    let line = IN_THREAD;
    project.write(
        GRAPH,
        &CODE.replace("    more = state", "    breakpoint()\n    more = state"),
    )?;
    let server = DevServer::spawn(command(&project, &[])?)?;
    let address = address(&server.stderr().text())?;
    let mut debugger = DebugClient::attach(&address, &project.path(GRAPH), &[])?;
    let stands = triple(&server);
    stand(&mut debugger, ("in_thread", line), "{'number': 6}")?;
    ensure!(ended(stands)? == json!({"number": 7}));
    // Nobody is attached, and nobody sits at a terminal either.
    let before = server.stderr().len();
    drop(debugger);
    server.wait_for_stderr(before, &["Debugger of Python has left"])?;
    triple(&server);
    server.wait_for_stderr(before, &["a breakpoint needs a terminal to debug at"])?;
    Ok(())
}

#[test]
fn a_page_of_a_browser_does_not_come_by_the_debugger() -> Result<()> {
    use std::io::{ErrorKind, Read as _, Write as _};

    let project = project()?;
    let server = DevServer::spawn(command(&project, &[])?)?;
    let address = address(&server.stderr().text())?;
    let mut page = TcpStream::connect(&address)?;
    page.set_read_timeout(Some(Duration::from_secs(30)))?;
    let message = json!({"seq": 1, "type": "request", "command": "initialize", "arguments": {"adapterID": "debugpy"}}).to_string();
    let length = message.len();
    let request = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{message}");
    let mut answer = Vec::new();
    // It is cut off as soon as its first bytes are there: writing and reading may both find that it was reset.
    let sent = page.write_all(request.as_bytes());
    let read = sent.and_then(|()| page.read_to_end(&mut answer));
    let timed_out = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
    ensure!(
        !read.is_err_and(|error| timed_out.contains(&error.kind())),
        "the connection stays open"
    );
    ensure!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    Ok(())
}
