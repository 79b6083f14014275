//! Tests that are written in Python, as clients are, against a server that runs.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{DevServer, Project, python_env};

/// Runs pytest in a folder of `tests` with these arguments; the tests find the server in `LGX_URL` and its project in `LGX_PROJECT`.
///
/// # Errors
/// When one fails: what pytest says, and what the server has said.
pub fn run_suite(
    folder: &str,
    project: &Project,
    server: &DevServer,
    arguments: &[&str],
) -> Result<()> {
    let output = Command::new(python_env()?.python())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .args(["-m", "pytest", "--quiet"])
        .args(arguments)
        .env("LGX_URL", server.url())
        .env("LGX_PROJECT", project.dir())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{told}\n{errors}\nthe server said:\n{}",
        server.stderr().text()
    );
    Ok(())
}
