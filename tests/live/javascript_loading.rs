//! How the modules of a project in JavaScript come to Node: by lgx, or by a loader that langgraph.json names.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::javascript::{project, serve};

const LOADER: &str = r#"import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
"#;

/// Knows one type, and marks what it has compiled.
const HOOKS: &str = r#"import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const source = await readFile(fileURLToPath(url), "utf8");
  return { format: "module", shortCircuit: true, source: source.replaceAll(": Anything", "") + "\nexport const compiledBy = 'its own loader';" };
}
"#;

const GRAPH: &str = r#"import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import * as self from "./own.ts";

const State = Annotation.Root({ text: Annotation() });

function say(_state: Anything) {
  return { text: `hello from ${self.compiledBy}` };
}

export const graph = new StateGraph(State).addNode("say", say).addEdge(START, "say").addEdge("say", END).compile();
"#;

#[test]
fn a_loader_of_the_projects_own_compiles_instead_of_lgx_and_reloads_too() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    project.write("loader.mjs", LOADER)?;
    project.write("hooks.mjs", HOOKS)?;
    project.write("src/own.ts", GRAPH)?;
    let config = json!({"node_loader": "./loader.mjs", "graphs": {"own": "./src/own.ts:graph"}});
    project.write("langgraph.json", &config.to_string())?;
    let server = serve(&project, &[])?;
    let client = server.client();
    let body = json!({"assistant_id": "own", "input": {"text": ""}});
    let said = client.post("/runs/wait", &body)?.ok()?;
    ensure!(said["text"] == "hello from its own loader", "{said}");
    let place = client.get("/lgx/source?graph=own&node=say")?.ok()?;
    ensure!(
        (&place["file"], &place["line"]) == (&json!("src/own.ts"), &json!(6)),
        "{place}"
    );
    project.edit("src/own.ts", "hello", "good day")?;
    server.wait_for_stderr(0, &["Reloaded"])?;
    let said = client.post("/runs/wait", &body)?.ok()?;
    ensure!(said["text"] == "good day from its own loader", "{said}");
    Ok(())
}
