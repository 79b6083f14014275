//! Builds the `lgx` binary of this workspace once per test process, and finds the folders around it.

use crate::EndsInTime;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};

/// The root of the workspace.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder cargo puts this profile's artifacts in, such as `target/debug`.
pub fn profile_dir() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let deps = test.parent().context("a test binary lies in a folder")?;
    Ok(deps
        .parent()
        .context("the deps folder lies in the profile's folder")?
        .to_owned())
}

/// A command that runs the `lgx` binary, built from the sources as they are now, untouched by the caller's own
/// Python, CI and tracing settings.
pub fn lgx() -> Result<Command> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let binary = match BINARY.get_or_init(|| build().map_err(|error| format!("{error:#}"))) {
        Ok(binary) => binary,
        Err(error) => bail!("{error}"),
    };
    let mut command = Command::new(binary);
    for name in [
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "LGX_PYTHON",
        "PYTHONPATH",
        "CI",
    ] {
        command.env_remove(name);
    }
    command
        .env("LANGSMITH_TRACING", "false")
        .env("NO_COLOR", "1");
    Ok(command)
}

fn build() -> Result<PathBuf> {
    let profile = profile_dir()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace_root())
        .args(["build", "--quiet", "-p", "lgx-cli", "--bin", "lgx"]);
    if profile.file_name().is_some_and(|name| name == "release") {
        command.arg("--release");
    }
    let output = command.output_in_time().context("could not start cargo")?;
    ensure!(
        output.status.success(),
        "lgx does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let binary = profile.join(format!("lgx{}", std::env::consts::EXE_SUFFIX));
    ensure!(
        binary.is_file(),
        "cargo built lgx, but {} is not there",
        binary.display()
    );
    Ok(binary)
}
