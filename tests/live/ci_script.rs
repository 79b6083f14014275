//! `lgx` in the hands of a shell script, as a CI job would use it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{EndsInTime, lgx, python_env};
use tempfile::TempDir;

#[test]
fn a_ci_script_scaffolds_serves_asks_and_stops() -> Result<()> {
    let temp = TempDir::new()?;
    let binary = lgx()?.get_program().to_owned();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci-script.sh");
    let output = Command::new("bash")
        .arg(script)
        .current_dir(temp.path())
        .env("LGX", binary)
        .env("LGX_PYTHON", python_env()?.python())
        .env("CI", "true")
        .env_remove("VIRTUAL_ENV")
        .output_in_time()
        .context("could not start bash")?;
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{told}\n{errors}");
    ensure!(
        told.ends_with("all is well\n"),
        "the script did not reach its end:\n{told}\n{errors}"
    );
    Ok(())
}
