//! `--workers`: several processes behind one queue, with real interpreters.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use lgx_tests::{Alive, Client, DevServer, Project};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// Both nodes block their event loops: `meet` until so many runs are at it at the same time, `hold` until a file is there.
const MEETING: &str = r#"
import os
import pathlib
import time

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

print("imported here", flush=True)
HERE = pathlib.Path(__file__).parent


class State(TypedDict, total=False):
    name: str
    count: int
    pids: list[int]


def wait_for(holds):
    limit = time.monotonic() + 60
    while not holds():
        if time.monotonic() > limit:
            raise TimeoutError("nobody else came")
        time.sleep(0.01)


async def meet(state: State):
    room = HERE / "room"
    room.mkdir(exist_ok=True)
    # Whoever sees it finds all of it.
    entering = HERE / f"entering-{state['name']}"
    entering.write_text(str(os.getpid()))
    entering.rename(room / state["name"])
    wait_for(lambda: len(list(room.iterdir())) >= state["count"])
    return {"pids": [int(path.read_text()) for path in room.iterdir()]}


async def hold(state: State):
    print("holds", state["name"], os.getpid(), flush=True)
    wait_for((HERE / "open").exists)
    return {"pids": [os.getpid()]}


meeting = StateGraph(State).add_node(meet).add_edge(START, "meet").compile()
holding = StateGraph(State).add_node(hold).add_edge(START, "hold").compile()
"#;

fn project() -> Result<Project> {
    let project = Project::copy_of("bench")?;
    project.write("meeting.py", MEETING)?;
    let graphs = json!({"meeting": "./meeting.py:meeting", "holding": "./meeting.py:holding"});
    let config = json!({"dependencies": ["."], "graphs": graphs});
    project.write("langgraph.json", &config.to_string())?;
    Ok(project)
}

/// A run in the background: its thread and its id.
fn begin(client: &Client, graph: &str, name: &str) -> Result<(String, String)> {
    let thread = client.new_thread()?;
    let body = json!({"assistant_id": graph, "input": {"name": name, "count": 2}});
    let run = client
        .post(&format!("/threads/{thread}/runs"), &body)?
        .ok()?;
    let run = run["run_id"].as_str().context("a run has an id")?;
    Ok((thread, run.to_owned()))
}

fn pids(client: &Client, (thread, run): &(String, String)) -> Result<BTreeSet<u64>> {
    let values = client
        .get(&format!("/threads/{thread}/runs/{run}/join"))?
        .ok()?;
    let pids = values["pids"]
        .as_array()
        .with_context(|| values.to_string())?;
    Ok(pids.iter().filter_map(Value::as_u64).collect())
}

#[test]
fn runs_that_block_their_event_loops_execute_side_by_side() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload", "--workers", "2"])?;
    let client = server.client();
    // Neither ends before the other one is there.
    let runs = [
        begin(&client, "meeting", "one")?,
        begin(&client, "meeting", "two")?,
    ];
    let met = pids(&client, &runs[0])?;
    ensure!(met.len() == 2, "{met:?}");
    ensure!(pids(&client, &runs[1])? == met);
    let imported = server.stderr().text().matches("imported here").count();
    ensure!(imported == 1, "told {imported} times");
    Ok(())
}

#[test]
fn a_process_that_is_killed_takes_no_run_of_the_others_along_and_is_replaced() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload", "--workers", "2"])?;
    let client = server.client();
    let runs = [
        begin(&client, "holding", "one")?,
        begin(&client, "holding", "two")?,
    ];
    server.wait_for_stderr(0, &["holds one"])?;
    server.wait_for_stderr(0, &["holds two"])?;
    let text = server.stderr().text();
    let from = server.stderr().len();
    let pid_of = |name: &str| -> Result<u32> {
        let line = text
            .lines()
            .find(|line| line.contains(&format!("holds {name} ")));
        let pid = line.and_then(|line| line.split_whitespace().last());
        Ok(pid.context("a pid")?.parse()?)
    };
    let (first, second) = (pid_of("one")?, pid_of("two")?);
    ensure!(first != second);
    let dying = Alive::of(&[first])?;
    let pid = Pid::from_raw(i32::try_from(first)?).context("a process id")?;
    kill_process(pid, Signal::KILL)?;
    dying.gone()?;
    server.wait_for_stderr(from, &["SIGKILL", &runs[0].1, "goes on in another one"])?;
    server.wait_for_stderr(from, &["holds one"])?;
    project.write("open", "")?;
    let moved = pids(&client, &runs[0])?;
    ensure!(!moved.contains(&u64::from(first)), "{moved:?}");
    ensure!(pids(&client, &runs[1])? == BTreeSet::from([second.into()]));
    // Two again: these meet in two processes, one of which was there all the time.
    let runs = [
        begin(&client, "meeting", "one")?,
        begin(&client, "meeting", "two")?,
    ];
    let met = pids(&client, &runs[0])?;
    ensure!(met.len() == 2 && met.contains(&second.into()), "{met:?}");
    Ok(())
}

#[test]
fn a_save_replaces_all_of_them_and_their_memory_is_their_own() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--workers", "2"])?;
    let client = server.client();
    let before = meeting_of_two(&client)?;
    fs_err::remove_dir_all(project.path("room"))?;
    let from = server.stderr().len();
    project.edit("meeting.py", "imported here", "imported anew")?;
    server.wait_for_stderr(from, &["Reloaded in"])?;
    let after = meeting_of_two(&client)?;
    ensure!(before.is_disjoint(&after), "{before:?} {after:?}");
    let told = server.stderr().text();
    for once in ["imported here", "imported anew"] {
        ensure!(told.matches(once).count() == 1, "{once}: {told}");
    }
    Ok(())
}

fn meeting_of_two(client: &Client) -> Result<BTreeSet<u64>> {
    let runs = [
        begin(client, "meeting", "one")?,
        begin(client, "meeting", "two")?,
    ];
    let met = pids(client, &runs[0])?;
    ensure!(met.len() == 2, "{met:?}");
    ensure!(pids(client, &runs[1])? == met);
    Ok(met)
}
