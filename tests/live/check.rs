//! `lgx check` with real interpreters: every part that does not load is told, good ones are too, and nothing is left in the project.

use std::process::Output;

use anyhow::{Context, Result, ensure};
use lgx_tests::{EndsInTime, Project, lgx, python_env};
use serde_json::{Value, json};

use crate::javascript;

const CONFIG: &str = r#"{
  "dependencies": ["."],
  "graphs": {
    "agent": "./src/agent/graph.py:graph",
    "syntax": "./src/check_syntax.py:graph",
    "dies": "./src/check_dies.py:graph",
    "hangs": "./src/check_hangs.py:graph",
    "made": "./src/check_made.py:graph",
    "own": "./src/check_own.py:graph"
  },
  "auth": {"path": "./src/check_auth.py:auth"},
  "env": ".env"
}"#;

const OWN: &str = "from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph

builder = StateGraph(dict)
builder.add_node(\"only\", lambda state: state)
builder.set_entry_point(\"only\")
graph = builder.compile(checkpointer=InMemorySaver())
print(\"printed while it is imported\")
";

fn broken() -> Result<Project> {
    let project = Project::copy_of("fixtures")?;
    project.write("langgraph.json", CONFIG)?;
    project.write("src/check_syntax.py", "\ngraph = = 1\n")?;
    project.write("src/check_dies.py", "import os\n\nos._exit(3)\n")?;
    project.write(
        "src/check_hangs.py",
        "import threading\n\nthreading.Event().wait()\n",
    )?;
    project.write(
        "src/check_made.py",
        "def graph(config):\n    raise ValueError(\"without a user\")\n",
    )?;
    project.write("src/check_own.py", OWN)?;
    project.write("src/check_auth.py", "import not_there_at_all\n")?;
    project.write("requirements.txt", "langgraph\nnot-there-at-all>=1\n")?;
    project.write(".env", "KEY=never-told\n")?;
    Ok(project)
}

/// The output of `lgx check` in a project, with its temporary files in a folder that has to be empty afterwards.
fn check(project: &Project, arguments: &[&str]) -> Result<Output> {
    let temporary = tempfile::tempdir()?;
    let output = lgx()?
        .arg("check")
        .args(arguments)
        .current_dir(project.dir())
        .env("LGX_PYTHON", python_env()?.python())
        .env("TMPDIR", temporary.path())
        .output_in_time()?;
    let left = fs_err::read_dir(temporary.path())?.count();
    ensure!(left == 0, "{left} temporary files are left");
    Ok(output)
}

fn report(output: &Output) -> Result<Value> {
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(told.is_empty(), "it talks to nobody: {told}");
    serde_json::from_slice(&output.stdout).context("the report is JSON")
}

/// Rule, graph and line of each finding, those of a rule one after the other.
fn findings<'a>(report: &'a Value, rule: &str) -> Vec<&'a Value> {
    let all = report["findings"].as_array();
    let all = all.into_iter().flatten();
    all.filter(|finding| finding["rule"] == rule).collect()
}

#[test]
fn each_part_that_does_not_load_is_told_with_its_line_beside_those_that_do() -> Result<()> {
    let project = broken()?;
    let output = check(&project, &["--json", "--load-timeout", "3"])?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.code() == Some(1), "{text}");
    ensure!(!text.contains("never-told"), "{text}");
    let report = report(&output)?;

    let graphs = report["graphs"].as_array().context("graphs are listed")?;
    let states = graphs
        .iter()
        .map(|graph| (&graph["id"], &graph["status"], &graph["schemas"]));
    let states: Vec<_> = states
        .map(|(id, status, schemas)| json!([id, status, schemas]))
        .collect();
    assert_eq!(
        Value::from(states),
        json!([
            ["agent", "loaded", true],
            ["syntax", "failed", null],
            ["dies", "failed", null],
            ["hangs", "failed", null],
            ["made", "loaded", false],
            ["own", "loaded", true],
        ])
    );
    ensure!(
        graphs.iter().all(|graph| graph["import_ms"].is_u64()),
        "{text}"
    );
    assert_eq!(report["auth"]["status"], "failed");
    assert_eq!(report["interpreters"][0]["runtime"], "python");
    ensure!(report["interpreters"][0]["version"].is_string(), "{text}");

    let place = |finding: &Value| json!([finding["graph"], finding["file"], finding["line"]]);
    let mut broken: Vec<_> = findings(&report, "graph").into_iter().map(place).collect();
    broken.sort_by_key(ToString::to_string);
    assert_eq!(
        Value::from(broken),
        json!([
            ["dies", "langgraph.json", 6],
            ["hangs", "src/check_hangs.py", 3],
            ["syntax", "src/check_syntax.py", 2],
        ])
    );
    let one = |rule: &str| {
        let found = findings(&report, rule);
        ensure!(found.len() == 1, "{rule}: {found:?}");
        Ok(place(found[0]))
    };
    assert_eq!(one("auth")?, json!([null, "src/check_auth.py", 1]));
    assert_eq!(one("schemas")?, json!(["made", "src/check_made.py", 2]));
    assert_eq!(one("own-persistence")?, json!(["own", "langgraph.json", 9]));
    assert_eq!(
        one("dependency-missing")?,
        json!([null, "requirements.txt", 2])
    );
    Ok(())
}

#[test]
fn a_check_of_a_good_project_leaves_nothing_in_it() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    project.write(
        "langgraph.json",
        r#"{"dependencies": ["."], "graphs": {"agent": "./src/agent/graph.py:graph"}}"#,
    )?;
    let before = names(&project)?;

    let output = check(&project, &[])?;

    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{text}");
    ensure!(
        text.contains("✓ graph agent src/agent/graph.py:graph "),
        "{text}"
    );
    ensure!(
        text.ends_with("langgraph.json can be served (1 graph)\n"),
        "{text}"
    );
    assert_eq!(names(&project)?, before);
    Ok(())
}

/// All files of a project.
fn names(project: &Project) -> Result<Vec<std::path::PathBuf>> {
    let mut names = Vec::new();
    let mut folders = vec![project.dir().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
            names.push(entry.path());
        }
    }
    names.sort();
    Ok(names)
}

#[test]
fn a_project_in_typescript_is_checked_as_well() -> Result<()> {
    let Some(project) = javascript::project()? else {
        return Ok(());
    };
    project.edit("src/tone.ts", "Warm = \"warm\"", "Warm = = \"warm\"")?;

    let output = check(&project, &["--json"])?;

    let report = report(&output)?;
    ensure!(output.status.code() == Some(1), "{report:#}");
    let broken = findings(&report, "graph");
    let place = broken.iter().find(|finding| finding["graph"] == "greets");
    let place = place.context("the graph that imports it is told")?;
    assert_eq!(place["file"], "src/tone.ts", "{report:#}");
    assert_eq!(place["line"], 4, "{report:#}");
    let graphs = report["graphs"].as_array().into_iter().flatten();
    let loaded = graphs.filter(|graph| graph["status"] == "loaded" && graph["schemas"] == true);
    ensure!(loaded.count() > 1, "{report:#}");
    Ok(())
}
