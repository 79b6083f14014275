//! Where things are in graphs in TypeScript: the function of a node, and the line that blocks the event loop.

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, Project};
use serde_json::{Value, json};

use crate::javascript::{project, serve};

const PLACES: &str = r#"import { Annotation, END, entrypoint, START, StateGraph } from "@langchain/langgraph";
import { RunnableLambda } from "@langchain/core/runnables";

enum Step {
  Named = "named",
}

const State = Annotation.Root({ log: Annotation<string[]>() });
type Update = Partial<typeof State.State>;

async function named(_state: typeof State.State): Promise<Update> {
  return { log: [Step.Named] };
}

class Steps {
  private readonly step = "method";

  method(_state: typeof State.State): Update {
    return { log: [this.step] };
  }
}

const steps = new Steps();
const inner = new StateGraph(State)
  .addNode("deep", () => ({ log: ["deep"] }))
  .addEdge(START, "deep")
  .addEdge("deep", END)
  .compile();

export const graph = new StateGraph(State)
  .addNode("named", named)
  .addNode("arrow", async (_state) => {
    return { log: ["arrow"] };
  })
  .addNode("method", steps.method.bind(steps))
  .addNode("lambda", RunnableLambda.from((_state: typeof State.State): Update => ({ log: [] })))
  .addNode("inner", inner)
  .addEdge(START, "named")
  .addEdge("named", "arrow")
  .addEdge("arrow", "method")
  .addEdge("method", "lambda")
  .addEdge("lambda", "inner")
  .addEdge("inner", END)
  .compile();

export const work = entrypoint("work", async (text: string) => {
  return text.length;
});
"#;

#[test]
fn a_node_is_found_where_its_function_is_written() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    project.write("src/places.ts", PLACES)?;
    project.edit(
        "langgraph.json",
        "\"asks\"",
        "\"places\": \"./src/places.ts:graph\", \"work\": \"./src/places.ts:work\", \"asks\"",
    )?;
    let server = serve(&project, &["--no-reload"])?;
    let source = |graph: &str, node: &str| -> Result<Value> {
        let path = format!("/lgx/source?graph={graph}&node={node}");
        server.client().get(&path)?.ok()
    };
    for (graph, node, line) in [
        ("places", "named", 11),
        ("places", "arrow", 32),
        ("places", "method", 18),
        ("places", "lambda", 36),
        ("places", "inner:deep", 25),
        ("work", "work", 46),
        ("greets", "greet", 9),
    ] {
        let shown = source(graph, node)?;
        let file = if graph == "greets" {
            "src/greets.ts"
        } else {
            "src/places.ts"
        };
        ensure!(
            (&shown["file"], &shown["line"]) == (&file.into(), &line.into()),
            "{node}: {shown}"
        );
    }
    Ok(())
}

const BLOCKS: &str = r#"import { execSync } from "node:child_process";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";

enum Op {
  Run = "run",
  Spin = "spin",
}

interface Done {
  done: string;
}

const State = Annotation.Root({ op: Annotation<string>(), done: Annotation<string>() });

async function act({ op }: typeof State.State): Promise<Done> {
  if (op === Op.Run) {
    execSync("sleep 0.6");
  }
  while (op === Op.Spin);
  return { done: op };
}

export const graph = new StateGraph(State).addNode("act", act).addEdge(START, "act").addEdge("act", END).compile();
"#;

/// A server of a graph that blocks, and its project, which has to stay.
fn serve_blocks(arguments: &[&str]) -> Result<Option<(DevServer, Project)>> {
    let Some(project) = project()? else {
        return Ok(None);
    };
    project.write("src/blocks.ts", BLOCKS)?;
    project.edit(
        "langgraph.json",
        "\"asks\"",
        "\"blocks\": \"./src/blocks.ts:graph\", \"asks\"",
    )?;
    let server = serve(&project, &[&["--no-reload"], arguments].concat())?;
    Ok(Some((server, project)))
}

fn body(op: &str) -> Value {
    json!({"assistant_id": "blocks", "input": {"op": op}})
}

/// A run in the background: its thread and its id.
fn begin(client: &Client, op: &str) -> Result<(String, String)> {
    let thread = client.new_thread()?;
    let run = client
        .post(&format!("/threads/{thread}/runs"), &body(op))?
        .ok()?;
    let run = run["run_id"].as_str().context("a run has an id")?;
    Ok((thread, run.to_owned()))
}

#[test]
fn a_block_is_told_with_its_line_and_what_to_do() -> Result<()> {
    let Some((server, _project)) = serve_blocks(&[])? else {
        return Ok(());
    };
    let ran = server.client().post("/runs/wait", &body("run"))?.ok()?;
    ensure!(ran["done"] == "run", "{ran}");
    let told = "src/blocks.ts:17 in act (node `act`) blocked the event loop for ";
    let remedy = "Use `exec` of `node:child_process`, which does not wait.";
    server.wait_for_stderr(0, &[told, remedy])?;
    Ok(())
}

#[test]
fn with_forbid_blocking_the_run_fails_at_its_line() -> Result<()> {
    let Some((server, _project)) = serve_blocks(&["--forbid-blocking"])? else {
        return Ok(());
    };
    let failed = server.client().post("/runs/wait", &body("run"))?.ok()?;
    ensure!(failed["__error__"]["error"] == "BlockingError", "{failed}");
    server.wait_for_stderr(0, &["src/blocks.ts:17"])?;
    server.wait_for_stderr(0, &["execSync(\"sleep 0.6\");"])?;
    Ok(())
}

#[test]
fn a_run_that_never_lets_go_is_told_and_ends_alone_when_it_is_cancelled() -> Result<()> {
    let Some((server, _project)) = serve_blocks(&[])? else {
        return Ok(());
    };
    let client = server.client();
    let (thread, run) = begin(&client, "spin")?;
    let told = "src/blocks.ts:19 in act (node `act`) has blocked the event loop for 2.";
    server.wait_for_stderr(0, &[&run[run.len() - 6..], told])?;
    let beside = begin(&client, "ok")?;
    server.wait_for_stderr(0, &["another process takes over"])?;
    let joined = client
        .get(&format!("/threads/{}/runs/{}/join", beside.0, beside.1))?
        .ok()?;
    ensure!(joined["done"] == "ok", "{joined}");
    let cancel = format!("/threads/{thread}/runs/{run}/cancel?wait=1");
    client.post(&cancel, &json!({}))?.ok()?;
    let ended = client.get(&format!("/threads/{thread}/runs/{run}"))?.ok()?;
    ensure!(ended["status"] == "interrupted", "{ended}");
    let after = client.post("/runs/wait", &body("ok"))?.ok()?;
    ensure!(after["done"] == "ok", "{after}");
    Ok(())
}
