//! Recording while code is reloaded, and by two `lgx exec` at once.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, ModelProvider, NamedPipe, Project, output_in_time, python_env};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::recorded_answers::answer;
use crate::recorded_exec::{KEYS, RecordedProject, everything};

const CODE: &str = r#"
import asyncio
import os

import httpx
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

URL = "https://api.openai.com/v1/chat/completions"
GREETING = "hello"


class State(TypedDict, total=False):
    by: str
    said: str


async def ask(client, by):
    body = {"model": "m", "messages": [{"role": "user", "content": f"{GREETING} by {by}"}]}
    answer = await client.post(URL, json=body, headers={"authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"})
    return answer.json()["choices"][0]["message"]["content"]


async def act(state: State):
    async with httpx.AsyncClient() as client:
        said = await ask(client, state["by"])
        if os.path.exists(gate := f"{state['by']}.gate"):
            await asyncio.to_thread(lambda: open(gate).read())
        return {"said": f"{said}, {await ask(client, 'the end of ' + state['by'])}"}


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;

/// Asks for a run, without waiting for its end.
fn begin(server: &DevServer, by: &str) -> Result<String> {
    let client = server.client();
    let thread = client.post("/threads", &json!({}))?.ok()?;
    let thread = thread["thread_id"].as_str().unwrap_or_default();
    let body = json!({"assistant_id": "agent", "input": {"by": by}});
    let run = client
        .post(&format!("/threads/{thread}/runs"), &body)?
        .ok()?;
    let run = run["run_id"].as_str().unwrap_or_default();
    Ok(format!("/threads/{thread}/runs/{run}/join"))
}

fn joined(server: &DevServer, place: &str) -> Result<Value> {
    server.client().get(place)?.ok()
}

#[test]
fn a_run_of_code_that_was_replaced_is_recorded_to_its_end() -> Result<()> {
    let project = Project::copy_of("bench")?;
    project.write("agent.py", CODE)?;
    let config = json!({"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}});
    project.write("langgraph.json", &config.to_string())?;
    let provider = ModelProvider::start(answer)?;
    let mut command = DevServer::command(&project, &["--record", "--workers", "2"])?;
    command
        .envs(provider.variables())
        .envs(KEYS)
        .env("LGX_PYTHON", python_env()?.python());
    let server = DevServer::spawn(command)?;
    let gate = NamedPipe::make(&project.path("old.gate"))?;
    let old = begin(&server, "old")?;
    let held = gate.reader_is_held()?;
    let seen = server.stderr().len();
    project.write("agent.py", &CODE.replace("\"hello\"", "\"good day\""))?;
    server.wait_for_stderr(seen, &["Reloaded"])?;
    let new = joined(&server, &begin(&server, "new")?)?;
    ensure!(
        new["said"] == "heard good day by new, heard good day by the end of new",
        "{new}"
    );
    drop(held);
    let old = joined(&server, &old)?;
    ensure!(
        old["said"] == "heard hello by old, heard hello by the end of old",
        "{old}"
    );
    // What both generations have asked is played to the new one.
    let again = joined(&server, &begin(&server, "new")?)?;
    ensure!(again == new, "{again}");
    ensure!(provider.asked().len() == 4, "{:#?}", provider.asked());
    server.stop(Signal::TERM)?;
    let files = everything(&project.dir().join("cassettes"))?;
    ensure!(files.matches("\"lgx\": 1").count() == 4, "{files}");
    Ok(())
}

#[test]
fn two_that_record_at_once_leave_what_each_of_them_asked() -> Result<()> {
    let place = RecordedProject::in_python(CODE, &python_env()?)?;
    let by = [["both", "one"], ["both", "two"]];
    let provider = ModelProvider::start(answer)?;
    let running = by.map(|by| -> Result<_> {
        let words = [&["python", "ask.py"], &by[..]].concat();
        let mut command: Command = place.command("record", Some(&provider), &words)?;
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command.spawn()?)
    });
    for running in running {
        let output = output_in_time(running?)?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{told}");
    }
    drop(provider);
    let played = place.exec("replay", None, &["both", "one", "two"])?;
    let said = ["both", "one", "two"]
        .map(|by| format!("heard hello by {by}, heard hello by the end of {by}"));
    ensure!(played.said()? == said, "{}", played.stdout);
    Ok(())
}
