//! The sources of the worker by themselves, in each language: their own tests, in Python with langgraph's checkpointer conformance suite.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{EndsInTime, python_env, why_no_node, workspace_root};

#[test]
fn the_python_worker_passes_its_tests() -> Result<()> {
    let output = Command::new(python_env()?.python())
        .current_dir(workspace_root().join("crates/worker/python"))
        .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "tests"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[test]
fn the_javascript_worker_passes_its_tests() -> Result<()> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: the tests of crates/worker/node are not run: {reason}"
        )?;
        return Ok(());
    }
    let worker = workspace_root().join("crates/worker/node");
    // Its own graphs are made of langgraph, which they find beside them.
    if !worker.join("node_modules/.package-lock.json").exists() {
        let installed = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&worker)
            .output_in_time()?;
        let told = String::from_utf8_lossy(&installed.stderr);
        ensure!(installed.status.success(), "{told}");
    }
    let output = Command::new("node")
        .current_dir(&worker)
        .arg("--test")
        .env_remove("NODE_OPTIONS")
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{told}");
    ensure!(told.contains("a golden frame"), "tests are found: {told}");
    Ok(())
}
