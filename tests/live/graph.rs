//! `lgx graph` with real interpreters: drawings are those of langgraph itself, and a file that is behind the code is told.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use lgx_tests::{EndsInTime, Project, lgx, python_env};
use serde_json::Value;

use crate::javascript;

/// Prints the Mermaid of a graph of the fixtures, as langgraph draws it.
const OFFICIAL: &str = "
import importlib, sys
sys.path.insert(0, 'src')
module, xray = sys.argv[1:]
print(importlib.import_module(module).graph.get_graph(xray=xray == 'xray').draw_mermaid(), end='')
";

fn draw(project: &Project, arguments: &[&str]) -> Result<Output> {
    let temporary = tempfile::tempdir()?;
    let output = lgx()?
        .arg("graph")
        .args(arguments)
        .current_dir(project.dir())
        .env("LGX_PYTHON", python_env()?.python())
        .env("TMPDIR", temporary.path())
        .output_in_time()?;
    let left = fs_err::read_dir(temporary.path())?.count();
    ensure!(left == 0, "{left} temporary files are left");
    let state = project.dir().join(".lgx");
    ensure!(!state.exists(), "the project's state is not touched");
    Ok(output)
}

fn drawn(project: &Project, arguments: &[&str]) -> Result<String> {
    let output = draw(project, arguments)?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {told}");
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn mermaid_is_the_text_that_langgraph_writes() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    for graph in ["chat", "goto", "nested", "nested_chat", "loop"] {
        for depth in ["flat", "xray"] {
            let official = Command::new(python_env()?.python())
                .args(["-c", OFFICIAL, graph, depth])
                .current_dir(project.dir())
                .output_in_time()?;
            let told = String::from_utf8_lossy(&official.stderr);
            ensure!(official.status.success(), "{told}");
            let arguments = match depth {
                "xray" => vec![graph, "--xray"],
                _ => vec![graph],
            };
            let official = String::from_utf8(official.stdout)?;
            assert_eq!(drawn(&project, &arguments)?, official, "{graph} {depth}");
        }
    }
    Ok(())
}

#[test]
fn a_file_is_compared_and_the_command_that_is_told_writes_it() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let check = ["chat", "--check", "chat.mmd"];

    let missing = draw(&project, &check)?;
    let told = String::from_utf8(missing.stderr)?;
    ensure!(missing.status.code() == Some(1), "{told}");
    let expected = "error: chat.mmd is not there\nhelp: write it: lgx graph chat --format mermaid > chat.mmd\n";
    assert_eq!(told, expected);

    let text = drawn(&project, &["chat", "--format", "mermaid"])?;
    project.write("chat.mmd", &text)?;
    assert_eq!(drawn(&project, &check)?, "");

    project.write("chat.mmd", &text.replace("\tmodel -.-> tools;\n", ""))?;
    let behind = draw(&project, &check)?;
    ensure!(behind.status.code() == Some(1), "{behind:?}");
    let difference = String::from_utf8(behind.stdout)?;
    ensure!(
        difference.starts_with("--- chat.mmd\n+++ the graph `chat`\n@@ "),
        "{difference}"
    );
    ensure!(
        difference.contains("\n+\tmodel -.-> tools;\n"),
        "{difference}"
    );
    Ok(())
}

#[test]
fn all_graphs_are_drawn_but_for_those_that_do_not_load() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    project.write(
        "langgraph.json",
        r#"{"graphs": {"nested": "./src/nested.py:graph", "broken": "./src/broken.py:graph"}, "auth": {"path": "./src/gone.py:auth"}}"#,
    )?;
    project.write("src/broken.py", "\ngraph = = 1\n")?;
    project.write("src/gone.py", "import not_there_at_all\n")?;

    let output = draw(&project, &["--format", "json", "--xray=1"])?;

    let told = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(1), "{told}");
    ensure!(
        told.starts_with("error: the graph `broken` cannot be drawn\n  src/broken.py:2"),
        "{told}"
    );
    let drawings: Value = serde_json::from_slice(&output.stdout).context("it is JSON")?;
    let nodes = drawings["nested"]["nodes"].as_array();
    let ids = nodes.into_iter().flatten().map(|node| &node["id"]);
    ensure!(ids.into_iter().any(|id| id == "child:c1"), "{drawings:#}");
    Ok(())
}

#[test]
fn a_graph_in_typescript_is_drawn_as_well() -> Result<()> {
    let Some(project) = javascript::project()? else {
        return Ok(());
    };
    let text = drawn(&project, &["greets", "--format", "ascii"])?;
    ensure!(text.contains("| __start__ |\n"), "{text}");
    ensure!(text.is_ascii(), "{text}");
    let image = drawn(&project, &["greets", "--format", "svg"])?;
    ensure!(
        image.starts_with("<svg ") && image.ends_with("</svg>\n"),
        "{image}"
    );
    ensure!(image.contains("<title>greets</title>"), "{image}");
    Ok(())
}
