//! Servers that do not start: the reason is shown, and nothing says that they are ready.

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, EndsInTime, Project, python_env};

/// Whether `lgx dev` exits with code 1, names all of `parts`, and never says that it is ready.
pub(crate) fn refuses(project: &Project, parts: &[&str]) -> Result<()> {
    let output = DevServer::command(project, &[])?
        .env("LGX_PYTHON", python_env()?.python())
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in parts {
        ensure!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "it said it was ready"
    );
    Ok(())
}
