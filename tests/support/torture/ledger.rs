//! What nodes did, as they wrote it down themselves: a file outside of the server's reach, with a line for each step that was executed.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Result;
use tempfile::TempDir;

use crate::Project;

/// The variable that tells the graph where the file is.
const VARIABLE: &str = "TORTURE_LEDGER";

/// Appends what its node did to `log`; asks before step `ask_at`, if there is one.
const GRAPH: &str = r#"
import asyncio
import operator
import os
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from langgraph.store.base import BaseStore
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]
    token: str
    steps: int
    ask_at: int
    padding: int


def steps_done(state: State) -> int:
    begin = state["token"] + ":"
    return sum(entry.startswith(begin) for entry in state.get("log", []))


async def step(state: State, *, store: BaseStore) -> State:
    number = steps_done(state)
    entry = f"{state['token']}:{number}"
    with open(os.environ["TORTURE_LEDGER"], "a") as ledger:
        ledger.write(entry + "\n")
    await asyncio.sleep(0.02)
    if number == state["ask_at"]:
        entry += "=" + interrupt(entry + "?")
    if number + 1 == state["steps"]:
        await store.aput(("done", state["token"]), "steps", {"count": state["steps"]})
    return {"log": [entry + "." * state["padding"]]}


def is_over(state: State) -> str:
    return END if "token" not in state or steps_done(state) >= state["steps"] else "step"


builder = StateGraph(State).add_node(step).add_edge(START, "step")
graph = builder.add_conditional_edges("step", is_over).compile()
"#;

/// That file.
pub(super) struct Ledger {
    temp: TempDir,
}

impl Ledger {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            temp: TempDir::new()?,
        })
    }

    fn path(&self) -> PathBuf {
        self.temp.path().join("steps")
    }

    /// A project whose graph writes it.
    pub(super) fn project(&self) -> Result<Project> {
        let project = Project::copy_of("bench")?;
        project.write("tally.py", GRAPH)?;
        project.write(".env", &format!("{VARIABLE}={}\n", self.path().display()))?;
        project.write(
            "langgraph.json",
            r#"{
                "dependencies": ["."], "env": ".env", "graphs": {"tally": "./tally.py:graph"},
                "webhooks": {"url": {"disable_loopback": false, "require_https": false}}
            }"#,
        )?;
        Ok(project)
    }

    /// How often each step was executed.
    pub(super) fn steps(&self) -> Result<HashMap<String, u64>> {
        let mut steps = HashMap::new();
        let text = fs_err::read_to_string(self.path())?;
        for line in text.lines() {
            *steps.entry(line.to_owned()).or_default() += 1;
        }
        Ok(steps)
    }
}
