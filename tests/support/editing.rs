//! A project that is edited again and again while clients use it: half of the edits break it, and no client may notice any of them.
//!
//! After each good edit the new code has to answer, after each broken one the last good code, and the terminal has to name what is wrong.
//! After a fifth of the edits and at the end clients pause, and what lgx takes by then is compared: processes, threads, files, memory.

mod clients;
mod footprint;

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use self::clients::Clients;
use self::footprint::Footprint;
use crate::{Client, DevServer, Project, Random};

pub use self::clients::Answered;

const GRAPH: &str = "graph.py";
/// How many steps a run has.
const STEPS: usize = 5;

/// A module of the project that is edited; each step of a run says which version of it is executed.
const CODE: &str = r#"
import asyncio
import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

# broken
VERSION = 0


class State(TypedDict, total=False):
    log: Annotated[list[list[int]], operator.add]
    steps: int


async def step(state: State) -> State:
    await asyncio.sleep(0.1)
    return {"log": [[len(state.get("log", [])), VERSION]]}


def is_over(state: State) -> str:
    return END if len(state["log"]) >= state["steps"] else "step"


builder = StateGraph(State).add_node(step).add_edge(START, "step")
graph = builder.add_conditional_edges("step", is_over).compile()
"#;

/// How much editing.
#[derive(Debug, Clone)]
pub struct Editing {
    /// What decides which edits are broken, and how.
    pub seed: u64,
    /// How many edits.
    pub edits: usize,
    /// How many clients stream runs, beside those that ask for other things.
    pub clients: usize,
}

/// What came of it.
#[derive(Debug)]
pub struct EditingSummary {
    edits: usize,
    broken: usize,
    answered: Answered,
    /// From a good edit to the first answer of its code.
    took: Vec<Duration>,
    early: Footprint,
    late: Footprint,
}

impl Editing {
    /// Does all of it, and tells `progress` of every tenth part.
    ///
    /// # Errors
    /// What clients noticed, what was not told, or what is left.
    pub fn run(&self, progress: &mut dyn FnMut(&str)) -> Result<EditingSummary> {
        let project = Project::copy_of("bench")?;
        project.write(GRAPH, CODE)?;
        project.write(
            "langgraph.json",
            r#"{"dependencies": ["."], "graphs": {"agent": "./graph.py:graph"}}"#,
        )?;
        let server = DevServer::start(&project, &["--n-jobs-per-worker", "100"])?;
        let mut editor = Editor {
            project: &project,
            server: &server,
            client: server.client(),
            random: Random::new(self.seed),
            version: 0,
            broken: 0,
            took: Vec::new(),
        };
        let said = || {
            format!(
                "seed {}; the server said:\n{}",
                self.seed,
                server.stderr().text()
            )
        };
        let mut answered = Answered::default();
        let first = (self.edits / 5).max(1);
        let mut done = 0;
        let mut edit = |editor: &mut Editor<'_>, edits: usize| -> Result<Footprint> {
            let clients = Clients::start(&server.client(), self.clients);
            let edited = (0..edits).try_for_each(|_| {
                done += 1;
                editor.edit(done).with_context(|| format!("edit {done}"))?;
                if done.is_multiple_of((self.edits / 10).max(1)) {
                    progress(&format!(
                        "edit {done} of {}, {} of them broken",
                        self.edits, editor.broken
                    ));
                }
                Ok::<(), anyhow::Error>(())
            });
            // Clients know best what went wrong.
            answered += clients.finish()?;
            edited?;
            nothing_is_at_work(&editor.client)?;
            Footprint::at_rest(&server)
        };
        let early = edit(&mut editor, first).with_context(said)?;
        let late = edit(&mut editor, self.edits - first).with_context(said)?;
        late.is_no_more_than(&early).with_context(said)?;
        Ok(EditingSummary {
            edits: self.edits,
            broken: editor.broken,
            took: editor.took,
            answered,
            early,
            late,
        })
    }
}

/// Runs that have begun have ended, too.
fn nothing_is_at_work(client: &Client) -> Result<()> {
    let metrics = client.get("/metrics?format=json")?.ok()?;
    ensure!(
        metrics["queue"]["n_running"] == 0 && metrics["queue"]["n_pending"] == 0,
        "runs are left: {metrics}"
    );
    Ok(())
}

/// Whoever edits the project.
struct Editor<'a> {
    project: &'a Project,
    server: &'a DevServer,
    client: Client,
    random: Random,
    /// The last one that loads.
    version: usize,
    broken: usize,
    took: Vec<Duration>,
}

impl Editor<'_> {
    fn edit(&mut self, number: usize) -> Result<()> {
        let before = self.server.stderr().len();
        let code = CODE.replace("VERSION = 0", &format!("VERSION = {number}"));
        // The first edit of all is a good one, so that there is something to go back to.
        if number > 1 && self.random.percent(50) {
            self.broken += 1;
            let broken = self.random.pick(&[
                "def broken_NUMBER(:",
                "import broken_NUMBER",
                "raise RuntimeError('broken_NUMBER')",
                "1 / 0  # broken_NUMBER",
                "graph_of_broken_NUMBER = undefined",
                "raise SystemExit('broken_NUMBER')",
            ]);
            let broken = broken.replace("NUMBER", &number.to_string());
            self.project
                .write(GRAPH, &code.replace("# broken", &broken))?;
            self.server
                .wait_for_stderr(before, &[&format!("broken_{number}")])?;
        } else {
            self.version = number;
            let begun = Instant::now();
            self.project.write(GRAPH, &code)?;
            self.server.wait_for_stderr(before, &["Reloaded in"])?;
            self.answers()?;
            self.took.push(begun.elapsed());
        }
        self.answers()
    }

    /// What is asked for now runs on the last code that loads.
    fn answers(&self) -> Result<()> {
        let body = json!({"assistant_id": "agent", "input": {"steps": 1}});
        let values = self.client.post("/runs/wait", &body)?.ok()?;
        ensure!(
            values["log"] == json!([[0, self.version]]),
            "version {}: {values}",
            self.version
        );
        Ok(())
    }
}

impl EditingSummary {
    /// How many edits there were, and how many of them were broken.
    pub const fn edits(&self) -> (usize, usize) {
        (self.edits, self.broken)
    }

    /// What clients were answered.
    pub const fn answered(&self) -> &Answered {
        &self.answered
    }
}

impl fmt::Display for EditingSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut took = self.took.clone();
        took.sort();
        let middle = took.get(took.len() / 2).copied().unwrap_or_default();
        let worst = took.last().copied().unwrap_or_default();
        writeln!(f, "{} edits, {} of them broken", self.edits, self.broken)?;
        writeln!(f, "no request failed: {}", self.answered)?;
        writeln!(
            f,
            "from a good edit to the first answer of its code: {} ms in the middle, {} ms at worst, under load",
            middle.as_millis(),
            worst.as_millis()
        )?;
        writeln!(f, "after a fifth of the edits: {}", self.early)?;
        writeln!(f, "after the last one:         {}", self.late)
    }
}
