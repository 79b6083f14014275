//! One project with graphs in Python and in TypeScript: one server, one auth for both, and a save replaces the workers of its language.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use lgx_tests::{Client, DevServer, Project, python_env};
use serde_json::{Value, json};

use crate::javascript;

/// Says who asks and which process answers.
const PYTHON: &str = r#"
import asyncio
import os
from typing import TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph


class State(TypedDict, total=False):
    says: str
    pid: int


async def say(_state: State, config: RunnableConfig) -> State:
    asked = config["configurable"]
    while asked.get("until") and not os.path.exists(asked["until"]):
        try:
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            if not asked.get("stubborn"):
                raise
    user = config["configurable"].get("langgraph_auth_user_id") or "anybody"
    return {"says": f"python to {user}", "pid": os.getpid()}


graph = StateGraph(State).add_node(say).add_edge(START, "say").compile()
"#;

/// The same; if it is told a file, once that is there.
const TYPESCRIPT: &str = r#"
import { existsSync, watch } from "node:fs";
import { dirname } from "node:path";

import { Annotation, type LangGraphRunnableConfig, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ says: Annotation<string>(), pid: Annotation<number>() });

/** Resolves once the file is there. */
function written(file: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(dirname(file), look);
    look();
  });
}

async function say(_: typeof State.State, config: LangGraphRunnableConfig) {
  if (config.configurable?.until) await written(config.configurable.until);
  const user = config.configurable?.langgraph_auth_user_id || "anybody";
  return { says: `typescript to ${user}`, pid: process.pid };
}

export const graph = new StateGraph(State).addNode("say", say).addEdge(START, "say").compile();
"#;

/// Lets in whoever has a token, by the name in it.
const PYTHON_AUTH: &str = r#"
from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def authenticate(authorization: str | None) -> str:
    if not authorization:
        raise Auth.exceptions.HTTPException(status_code=401, detail="who are you?")
    return authorization.removeprefix("Bearer ")
"#;

fn project(auth: Option<&str>) -> Result<Option<Project>> {
    let Some(project) = javascript::project()? else {
        return Ok(None);
    };
    project.write("src/python_graph.py", PYTHON)?;
    project.write("src/typescript_graph.ts", TYPESCRIPT)?;
    project.write("src/auth.py", PYTHON_AUTH)?;
    let mut config = json!({
        "dependencies": ["."],
        "graphs": {"python": "./src/python_graph.py:graph", "typescript": "./src/typescript_graph.ts:graph"},
    });
    if let Some(path) = auth {
        config["auth"] = json!({"path": path});
    }
    project.write("langgraph.json", &config.to_string())?;
    Ok(Some(project))
}

fn serve(project: &Project, arguments: &[&str]) -> Result<DevServer> {
    let mut command = DevServer::command(project, arguments)?;
    command.env("LGX_PYTHON", python_env()?.python());
    DevServer::spawn(command)
}

fn said(client: &Client, graph: &str) -> Result<Value> {
    let body = json!({"assistant_id": graph, "input": {}});
    client.post("/runs/wait", &body)?.ok()
}

fn pid(client: &Client, graph: &str) -> Result<u64> {
    said(client, graph)?["pid"].as_u64().context("a process")
}

#[test]
fn one_server_serves_both() -> Result<()> {
    let Some(project) = project(None)? else {
        return Ok(());
    };
    let server = serve(&project, &["--no-reload"])?;
    ensure!(said(&server.client(), "python")?["says"] == "python to anybody");
    ensure!(said(&server.client(), "typescript")?["says"] == "typescript to anybody");
    Ok(())
}

#[test]
fn auth_of_either_language_guards_graphs_of_both() -> Result<()> {
    for auth in ["./src/auth.py:auth", "./src/auth.ts:auth"] {
        let Some(project) = project(Some(auth))? else {
            return Ok(());
        };
        let server = serve(&project, &["--no-reload"])?;
        let ann = server.client().with_header("authorization", "Bearer ann");
        for graph in ["python", "typescript"] {
            let body = json!({"assistant_id": graph, "input": {}});
            let refused = server.client().post("/runs/wait", &body)?;
            ensure!(refused.status == 401, "{auth}: {graph}: {}", refused.status);
            let said = said(&ann, graph)?;
            ensure!(said["says"] == format!("{graph} to ann"), "{auth}: {said}");
        }
    }
    Ok(())
}

#[test]
fn a_save_replaces_the_workers_of_its_language_alone() -> Result<()> {
    let Some(project) = project(None)? else {
        return Ok(());
    };
    let server = serve(&project, &[])?;
    let client = server.client();
    let (python, typescript) = (pid(&client, "python")?, pid(&client, "typescript")?);
    let seen = server.stderr().len();
    project.edit("src/typescript_graph.ts", "typescript to", "TypeScript to")?;
    server.wait_for_stderr(seen, &["Reloaded"])?;
    ensure!(said(&client, "typescript")?["says"] == "TypeScript to anybody");
    ensure!(pid(&client, "python")? == python, "its worker stays");
    let replaced = pid(&client, "typescript")?;
    ensure!(replaced != typescript, "new code is in a new process");
    let seen = server.stderr().len();
    project.edit("src/python_graph.py", "python to", "Python to")?;
    server.wait_for_stderr(seen, &["Reloaded"])?;
    ensure!(said(&client, "python")?["says"] == "Python to anybody");
    ensure!(
        pid(&client, "python")? != python,
        "new code is in a new process"
    );
    ensure!(pid(&client, "typescript")? == replaced, "its worker stays");
    Ok(())
}

#[test]
fn a_run_goes_on_through_saves_of_either_language() -> Result<()> {
    let Some(project) = project(None)? else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("go");
    let server = serve(&project, &[])?;
    let client = server.client();
    let before = pid(&client, "typescript")?;
    let thread = client.new_thread()?;
    let body = json!({
        "assistant_id": "typescript",
        "input": {},
        "config": {"configurable": {"until": file}},
    });
    let run = client
        .post(&format!("/threads/{thread}/runs"), &body)?
        .ok()?;
    // Its process goes on in the code of the first save, and is left behind by that of the second.
    for (path, old) in [
        ("src/python_graph.py", "python to"),
        ("src/typescript_graph.ts", "typescript to"),
        ("src/python_graph.py", "Python to"),
    ] {
        let seen = server.stderr().len();
        project.edit(
            path,
            old,
            if old == "python to" {
                "Python to"
            } else {
                "now to"
            },
        )?;
        let line = server.wait_for_stderr(seen, &["Reloaded"])?;
        let is_old = path.starts_with("src/typescript");
        ensure!(
            line.contains("goes on with the old code") == is_old,
            "{path}: {line}"
        );
    }
    ensure!(pid(&client, "typescript")? != before);
    fs_err::write(&file, "")?;
    let id = run["run_id"].as_str().context("a run")?;
    client.get(&format!("/threads/{thread}/runs/{id}/join"))?;
    let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
    ensure!(
        state["values"] == json!({"says": "typescript to anybody", "pid": before}),
        "{state}"
    );
    Ok(())
}

#[test]
fn what_does_not_load_in_one_language_is_not_forgotten_by_a_save_of_the_other() -> Result<()> {
    let Some(project) = project(None)? else {
        return Ok(());
    };
    let server = serve(&project, &[])?;
    let client = server.client();
    let python = pid(&client, "python")?;
    for (path, old, new) in [
        ("src/python_graph.py", "def say(", "def say"),
        ("src/typescript_graph.ts", "typescript to", "TypeScript to"),
    ] {
        let seen = server.stderr().len();
        project.edit(path, old, new)?;
        server.wait_for_stderr(seen, &["cannot be loaded"])?;
    }
    ensure!(said(&client, "typescript")?["says"] == "typescript to anybody");
    ensure!(pid(&client, "python")? == python);
    let seen = server.stderr().len();
    project.edit("src/python_graph.py", "def say", "def say(")?;
    server.wait_for_stderr(seen, &["Reloaded"])?;
    ensure!(said(&client, "typescript")?["says"] == "TypeScript to anybody");
    ensure!(pid(&client, "python")? != python);
    Ok(())
}

#[test]
fn a_run_that_does_not_stop_takes_no_process_along_that_serves() -> Result<()> {
    let Some(project) = project(None)? else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let (never, go) = (folder.path().join("never"), folder.path().join("go"));
    let server = serve(&project, &[])?;
    let client = server.client();
    let process = pid(&client, "python")?;
    let begin = |until: &Path, stubborn: bool| -> Result<(String, String)> {
        let thread = client.new_thread()?;
        let body = json!({
            "assistant_id": "python",
            "input": {},
            "config": {"configurable": {"until": until, "stubborn": stubborn}},
        });
        let run = client
            .post(&format!("/threads/{thread}/runs"), &body)?
            .ok()?;
        let run = run["run_id"].as_str().context("a run")?.to_owned();
        Ok((thread, run))
    };
    let (stubborn_thread, stubborn) = begin(&never, true)?;
    // Its process goes on in crews of new code, where another run is.
    let seen = server.stderr().len();
    project.edit("src/typescript_graph.ts", "typescript to", "TypeScript to")?;
    server.wait_for_stderr(seen, &["Reloaded"])?;
    let (thread, run) = begin(&go, false)?;
    client
        .post(
            &format!("/threads/{stubborn_thread}/runs/{stubborn}/cancel?wait=true"),
            &json!({}),
        )?
        .ok()?;
    fs_err::write(&go, "")?;
    client.get(&format!("/threads/{thread}/runs/{run}/join"))?;
    let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
    ensure!(state["values"]["pid"] == process, "{state}");
    ensure!(
        pid(&client, "python")? == process,
        "{}",
        server.stderr().text()
    );
    Ok(())
}
