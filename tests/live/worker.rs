//! The Python side of the worker by itself: its own tests, langgraph's checkpointer conformance suite among them.

use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{python_env, workspace_root};

#[test]
fn the_python_worker_passes_its_tests() -> Result<()> {
    let output = Command::new(python_env()?.python())
        .current_dir(workspace_root().join("crates/worker/python"))
        .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "tests"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
