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

const TELLS: &str = r#"import { readFileSync } from "node:fs";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { word } from "@words";

const greeting = readFileSync("prompts/greeting.md", "utf8");
const State = Annotation.Root({ text: Annotation<string>() });

export const graph = new StateGraph(State)
  .addNode("tell", () => ({ text: `${greeting} ${word}` }))
  .addEdge(START, "tell")
  .addEdge("tell", END)
  .compile();
"#;

#[test]
fn a_prompt_that_was_read_and_the_settings_of_typescript_are_part_of_the_code() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let aliased = |to: &str| json!({"compilerOptions": {"paths": {"@words": [to]}}}).to_string();
    project.write("prompts/greeting.md", "hello")?;
    project.write("src/tells.ts", TELLS)?;
    project.write("src/first.ts", "export const word: string = \"first\";\n")?;
    project.write("src/second.ts", "export const word: string = \"second\";\n")?;
    project.write("tsconfig.json", &aliased("./src/first.ts"))?;
    let config = json!({"graphs": {"tells": "./src/tells.ts:graph"}});
    project.write("langgraph.json", &config.to_string())?;
    let server = serve(&project, &[])?;
    let told = || {
        let body = json!({"assistant_id": "tells", "input": {"text": ""}});
        anyhow::Ok(server.client().post("/runs/wait", &body)?.ok()?["text"].take())
    };
    ensure!(told()? == "hello first");
    for (file, text, expected) in [
        (
            "prompts/greeting.md",
            "good day".to_owned(),
            "good day first",
        ),
        (
            "tsconfig.json",
            aliased("./src/second.ts"),
            "good day second",
        ),
    ] {
        let before = server.stderr().len();
        project.write("prompts/unread.md", file)?;
        project.write("coverage/report.js", file)?;
        project.write(file, &text)?;
        server.wait_for_stderr(before, &["Reloading", file])?;
        server.wait_for_stderr(before, &["Reloaded"])?;
        let now = told()?;
        ensure!(now == expected, "{now}");
    }
    let shown = server.stderr().text();
    ensure!(
        !shown.contains("unread.md") && !shown.contains("report.js"),
        "{shown}"
    );
    Ok(())
}

/// A workspace without a `"type"`, whose package has aliases of its own, with a file of every extension and whatever TypeScript adds.
const WORKSPACE: [(&str, &str); 12] = [
    (
        "package.json",
        r#"{"name": "workspace", "workspaces": ["packages/*"]}"#,
    ),
    (
        "packages/words/package.json",
        r#"{"name": "@own/words", "exports": "./src/index.ts"}"#,
    ),
    (
        "packages/words/tsconfig.json",
        r#"{
  // Aliases of this package alone.
  "extends": "./tsconfig.base.json",
  "compilerOptions": {"paths": {"~/*": ["./src/*"]}},
}"#,
    ),
    (
        "packages/words/tsconfig.base.json",
        r#"{"compilerOptions": {"experimentalDecorators": true, "emitDecoratorMetadata": true}}"#,
    ),
    (
        "packages/words/src/index.ts",
        "export { Kind } from \"~/kind\";\nexport { described } from \"./described.js\";\n",
    ),
    (
        "packages/words/src/kind.ts",
        "export enum Kind {\n  Enum = \"enum\",\n}\n",
    ),
    (
        "packages/words/src/described.ts",
        r#"function describe(target: object, key: string) {
  Object.defineProperty(target, "described", { value: key });
}

class Word {
  constructor(private readonly text: string) {}

  @describe
  say(): string {
    return this.text;
  }
}

export const described: string = (Word.prototype as unknown as { described: string }).described + new Word("er").say();
"#,
    ),
    (
        "src/common.cts",
        "import path = require(\"node:path\");\nexport = { common: path.basename(__filename) };\n",
    ),
    (
        "src/modern.mts",
        "export const modern: string = typeof import.meta.url;\n",
    ),
    (
        "src/view.tsx",
        "/** @jsxRuntime classic */\n/** @jsx element */\nconst element = (name: string, _props: object | null, ...children: string[]) => `${name} ${children.join()}`;\nexport const view = <b>bold</b>;\n",
    ),
    ("src/data.json", r#"{"json": "data"}"#),
    (
        "src/all.ts",
        r#"import { Annotation, END, START, StateGraph, LangGraphRunnableConfig } from "@langchain/langgraph";
import type { RunnableConfig } from "@langchain/core/runnables";
import { described, Kind } from "@own/words";
import common from "./common.cjs";
import data from "./data.json";
import legacy, { hidden } from "legacy";
import * as whole from "legacy";
import part from "legacy/part";
import { modern } from "./modern.mjs";
import { view } from "./view";

const State = Annotation.Root({ text: Annotation<string[]>() });
const fs = require("node:fs");

function tell(_state: typeof State.State, _config: LangGraphRunnableConfig & RunnableConfig) {
  return { text: [Kind.Enum, described, common.common, data.json, modern, view, typeof fs.readFileSync, __dirname.split("/").at(-1)!, legacy, hidden, whole.hidden, part] };
}

export const graph = new StateGraph(State).addNode("tell", tell).addEdge(START, "tell").addEdge("tell", END).compile();
"#,
    ),
];

/// A package in CommonJS, whose names Node cannot tell without running it.
const LEGACY: [(&str, &str); 3] = [
    ("node_modules/legacy/package.json", "{}"),
    (
        "node_modules/legacy/index.js",
        "const names = { __esModule: true, default: 'default of CommonJS', hidden: 'hidden name' };\nmodule.exports = Object.assign({}, names);\n",
    ),
    ("node_modules/legacy/part.js", "module.exports = 'part';\n"),
];

#[test]
fn a_workspace_loads_however_it_is_written_and_its_packages_are_laid_out() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    for (file, text) in WORKSPACE {
        project.write(file, text)?;
    }
    fs_err::remove_file(project.path("tsconfig.json"))?;
    // As pnpm does it: only what the project itself asks for, each a link to where it is kept with what it needs.
    let installed = fs_err::canonicalize(project.path("node_modules"))?;
    fs_err::remove_file(project.path("node_modules"))?;
    for scope in ["@langchain", "@own"] {
        fs_err::create_dir_all(project.path(&format!("node_modules/{scope}")))?;
    }
    let link = |to: &std::path::Path, name: &str| {
        fs_err::os::unix::fs::symlink(to, project.path(&format!("node_modules/{name}")))
    };
    for name in ["@langchain/langgraph", "@langchain/core"] {
        link(&installed.join(name), name)?;
    }
    link(&project.path("packages/words"), "@own/words")?;
    for (file, text) in LEGACY {
        project.write(file, text)?;
    }
    let config = json!({"graphs": {"all": "./src/all.ts:graph"}});
    project.write("langgraph.json", &config.to_string())?;
    let server = serve(&project, &["--no-reload"])?;
    let body = json!({"assistant_id": "all", "input": {"text": []}});
    let told = server.client().post("/runs/wait", &body)?.ok()?;
    let expected = json!([
        "enum",
        "sayer",
        "common.cts",
        "data",
        "string",
        "b bold",
        "function",
        "src",
        "default of CommonJS",
        "hidden name",
        "hidden name",
        "part",
    ]);
    ensure!(told["text"] == expected, "{told}");
    Ok(())
}
