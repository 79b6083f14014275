//! Debuggers that attach to JavaScript: breakpoints of TypeScript hit in the code that serves, also at import and after a reload.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use lgx_tests::{DevServer, EndsInTime, InspectorClient, Project, debug_env};
use serde_json::{Value, json};

use crate::debugging::{address, ended, run};
use crate::javascript;

const PATIENCE: Duration = Duration::from_secs(60);
const SCRIPT: &str = "/src/stands.ts";
/// What TypeScript is compiled to has other lines than this.
const CODE: &str = r#"import { Annotation, START, StateGraph } from "@langchain/langgraph";

interface Given {
  number: number;
}

const FACTOR: number = 3;

const State = Annotation.Root({ number: Annotation<number>() });

async function triple({ number }: Given): Promise<Partial<Given>> {
  const tripled: number = number * FACTOR;
  return { number: tripled };
}

export const graph = new StateGraph(State).addNode("triple", triple).addEdge(START, "triple").compile();
"#;
/// In lines from 0.
const IN_NODE: u64 = 12;
/// Has the code stand still for longer than the event loop may be blocked while others wait (5 s).
const A_THOUGHT: &str =
    "(() => { const until = Date.now() + 7000; while (Date.now() < until); })()";
/// Prints the line of what is compiled that a line of TypeScript has become.
const COMPILED: &str = r#"
const [, url, line] = process.argv;
const map = new (require("node:module").SourceMap)(JSON.parse(Buffer.from(url.split(",")[1], "base64").toString()));
for (let compiled = 0; compiled < 1000; compiled += 1) {
  const found = map.findEntry(compiled, 1000);
  if (found.originalLine !== Number(line)) continue;
  if (!found.originalSource.endsWith("stands.ts")) throw new Error(found.originalSource);
  console.log(found.generatedLine);
  break;
}
"#;

fn project() -> Result<Option<Project>> {
    let Some(project) = javascript::project()? else {
        return Ok(None);
    };
    let graphs =
        json!({"node_version": "20", "graphs": {"stands": ".".to_owned() + SCRIPT + ":graph"}});
    project.write("langgraph.json", &graphs.to_string())?;
    project.write(&SCRIPT[1..], CODE)?;
    Ok(Some(project))
}

/// What editors do to set a breakpoint in TypeScript: they look the line up in the source map of the script that runs.
fn compiled_line(inspector: &mut InspectorClient, line: u64) -> Result<u64> {
    let script = inspector.script(SCRIPT)?;
    let map = script["sourceMapURL"]
        .as_str()
        .context("it has a source map")?;
    let output = Command::new("node")
        .args(["-e", COMPILED, map, &line.to_string()])
        .output_in_time()?;
    let compiled = String::from_utf8_lossy(&output.stdout);
    let refused = String::from_utf8_lossy(&output.stderr);
    compiled
        .trim()
        .parse()
        .with_context(|| format!("{map}: {refused}"))
}

fn triple(server: &DevServer) -> std::thread::JoinHandle<Result<Value>> {
    run(
        server,
        json!({"assistant_id": "stands", "input": {"number": 2}}),
    )
}

#[test]
fn a_breakpoint_of_typescript_is_stood_at_for_any_time_and_hits_after_a_reload() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let arguments = ["--debug-port", "0", "--forbid-blocking"];
    let server = DevServer::spawn(DevServer::command(&project, &arguments)?)?;
    let address = address(&server.stderr().text())?;
    let mut inspector = InspectorClient::attach(&address)?;
    server.wait_for_stderr(0, &["Debugger attached to Node.js"])?;
    let line = compiled_line(&mut inspector, IN_NODE)?;
    inspector.break_at(SCRIPT, line)?;
    let stands = triple(&server);
    let frame = inspector.stopped()?;
    ensure!(frame["functionName"] == "triple", "{frame}");
    // Somebody else waits for the event loop, which stands still.
    let waits = server.client();
    let waits = std::thread::spawn(move || waits.get("/assistants/stands/graph")?.ok());
    inspector.evaluate(&frame, A_THOUGHT)?;
    ensure!(inspector.evaluate(&frame, "tripled")? == 6);
    inspector.go_on()?;
    ensure!(ended(stands)? == json!({"number": 6}));
    ended(waits)?;

    let before = server.stderr().len();
    project.write(&SCRIPT[1..], &CODE.replace("= 3", "= 5"))?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    inspector.is_cut_off();
    let mut inspector = InspectorClient::attach(&address)?;
    let line = compiled_line(&mut inspector, IN_NODE)?;
    inspector.break_at(SCRIPT, line)?;
    let stands = triple(&server);
    let frame = inspector.stopped()?;
    ensure!(inspector.evaluate(&frame, "tripled")? == 10);
    inspector.go_on()?;
    ensure!(ended(stands)? == json!({"number": 10}));

    let said = server.stderr().text();
    for unwanted in ["blocked", "BlockingError", "another process", "ws://"] {
        ensure!(!said.contains(unwanted), "{said}");
    }
    Ok(())
}

#[test]
fn code_waits_for_its_debugger_in_typescript_too() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let arguments = ["--debug-port", "0", "--wait-for-client"];
    let command = DevServer::command(&project, &arguments)?;
    let (server, ()) = DevServer::spawn_awaiting(command, |stderr| {
        stderr.wait_for(0, PATIENCE, |line| line.contains("Waiting: "))?;
        let mut inspector = InspectorClient::attach(&address(&stderr.text())?)?;
        // Nothing is compiled yet: at the first statement of what will be.
        inspector.break_at(SCRIPT, 0)?;
        inspector.run()?;
        let frame = inspector.stopped()?;
        let script = inspector.script(SCRIPT)?;
        ensure!(
            frame["location"]["scriptId"] == script["scriptId"],
            "{frame}"
        );
        inspector.go_on()
    })?;
    ensure!(ended(triple(&server))? == json!({"number": 6}));
    Ok(())
}

#[test]
fn in_a_project_of_both_languages_each_has_a_port() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    project.write("graph.py", "from langgraph.graph import StateGraph\n\n\ndef say(state):\n    return {}\n\n\ngraph = StateGraph(dict).add_node('say', say).add_edge('__start__', 'say').compile()\n")?;
    let graphs = json!({"dependencies": ["."], "graphs": {"python": "./graph.py:graph", "stands": ".".to_owned() + SCRIPT + ":graph"}});
    project.write("langgraph.json", &graphs.to_string())?;
    let mut command = DevServer::command(&project, &["--debug-port", "0"])?;
    command.env("LGX_PYTHON", debug_env()?.python());
    let server = DevServer::spawn(command)?;
    let said = server.stderr().text();
    let rows: Vec<_> = said
        .lines()
        .filter(|line| line.contains("  Debugger  "))
        .collect();
    let [python, node] = rows.as_slice() else {
        anyhow::bail!("{said}");
    };
    ensure!(
        python.contains("of Python") && node.contains("of Node.js"),
        "{said}"
    );
    InspectorClient::attach(&address(node)?)?;
    lgx_tests::DebugClient::attach(&address(python)?, &project.path("graph.py"), &[])?;
    Ok(())
}
