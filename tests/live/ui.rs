//! UI components: bundled by a real esbuild, asked for by the real SDK, rendered by the real React.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, EndsInTime, Project, node_env, why_no_node};
use serde_json::json;

const COMPONENTS: &str = r#"
import "./ui.css";
import { useState } from "react";
import { greeting } from "./greeting";

const Weather = ({ city }: { city: string }) => {
  const [degrees] = useState(21);
  return <b className="weather">{greeting(city)} {degrees}</b>;
};

export default { weather: Weather };
"#;

#[test]
fn components_are_bundled_rendered_and_bundled_anew() -> Result<()> {
    if let Some(reason) = why_no_node() {
        // Not `eprintln!`, which nobody sees of a test that passes.
        writeln!(
            std::io::stderr(),
            "SKIPPED: UI components are not tested: {reason}"
        )?;
        return Ok(());
    }
    let packages = node_env("sdk-js")?;
    let project = Project::copy_of("fixtures")?;
    std::os::unix::fs::symlink(packages.join("node_modules"), project.path("node_modules"))?;
    project.write("ui/ui.tsx", COMPONENTS)?;
    project.write("ui/ui.css", ".weather { color: teal }")?;
    project.write(
        "ui/greeting.ts",
        "export const greeting = (city: string) => `Hello, ${city}:`;",
    )?;
    let config = project.read("langgraph.json")?;
    let config = config.replacen('{', r#"{ "ui": { "agent": "./ui/ui.tsx" }, "#, 1);
    project.write("langgraph.json", &config)?;
    let server = DevServer::start(&project, &[])?;

    rendered(&server, &packages, "Hello, Bern:")?;
    project.write(
        "ui/greeting.ts",
        "export const greeting = (city: string) => `Salut, ${city}:`;",
    )?;
    server.wait_for_stderr(0, &["the components of `agent` are bundled anew"])?;
    rendered(&server, &packages, "Salut, Bern:")?;
    project.write("ui/greeting.ts", "export const greeting = (")?;
    server.wait_for_stderr(0, &["the last bundle is served on"])?;
    server.wait_for_stderr(0, &["ui/greeting.ts:1:"])?;
    rendered(&server, &packages, "Salut, Bern:")
}

const SHOWS: &str = r#"
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { typedUi, uiMessageReducer } from "@langchain/langgraph-sdk/react-ui/server";
import type { UIMessage } from "@langchain/langgraph-sdk/react-ui/server";

const State = Annotation.Root({ ui: Annotation<UIMessage[]>({ reducer: uiMessageReducer, default: () => [] }) });

async function show(_state: typeof State.State, config: LangGraphRunnableConfig) {
  const ui = typedUi(config);
  ui.push({ name: "weather", props: { city: "Bern" } });
  return { ui: ui.items };
}

export const graph = new StateGraph(State).addNode("show", show).addEdge(START, "show").compile();
"#;

#[test]
fn a_project_without_python_has_components_that_its_graphs_send() -> Result<()> {
    if why_no_node().is_some() {
        return Ok(()); // the other test says so
    }
    let packages = node_env("sdk-js")?;
    let project = Project::copy_of("javascript")?;
    let modules = node_env("projects/javascript")?.join("node_modules");
    std::os::unix::fs::symlink(modules, project.path("node_modules"))?;
    project.write("ui/ui.tsx", COMPONENTS)?;
    std::os::unix::fs::symlink(
        packages.join("node_modules"),
        project.path("ui/node_modules"),
    )?;
    project.write("ui/ui.css", ".weather { color: teal }")?;
    project.write(
        "ui/greeting.ts",
        "export const greeting = (city: string) => `Hello, ${city}:`;",
    )?;
    project.write("src/shows.ts", SHOWS)?;
    project.write(
        "langgraph.json",
        r#"{"graphs": {"agent": "./src/shows.ts:graph"}, "ui": {"agent": "./ui/ui.tsx"}}"#,
    )?;
    let server = DevServer::spawn(DevServer::command(&project, &["--no-reload"])?)?;
    rendered(&server, &packages, "Hello, Bern:")?;
    let run = json!({"assistant_id": "agent", "input": {}, "stream_mode": ["custom"]});
    let sent: Vec<_> = server
        .client()
        .events("/runs/stream", &run)?
        .collect::<Result<_>>()?;
    let shown = sent.iter().find(|event| event.event == "custom");
    let shown = &shown.context("nothing is shown")?.data;
    ensure!(
        shown["type"] == "ui" && shown["name"] == "weather",
        "{shown}"
    );
    ensure!(shown["props"] == json!({"city": "Bern"}), "{shown}");
    Ok(())
}

/// Asks for the component as a page does, and shows it to a page.
fn rendered(server: &DevServer, packages: &std::path::Path, greeting: &str) -> Result<()> {
    let output = Command::new("node")
        .current_dir(packages)
        .args(["--test", "--test-timeout=60000", "ui.test.js"])
        .env("LGX_URL", server.url())
        .env("LGX_GREETING", greeting)
        .output_in_time()?;
    ensure!(
        output.status.success(),
        "{}\n{}\nthe server said:\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        server.stderr().text()
    );
    Ok(())
}
