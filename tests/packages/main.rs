//! The packages that people install lgx from: each is made of the built binary, installed offline into a clean place, and run.

mod deployment;
mod images;
mod installer;
mod npm;
mod wheel;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use lgx_tests::{EndsInTime, lgx, workspace_root};

/// The version that everything has to have.
const VERSION: &str = concat!("lgx ", env!("CARGO_PKG_VERSION"));

/// The target of Rust that this machine's binary is for; none where lgx is not released for it.
fn target() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") if cfg!(target_env = "gnu") => Some("x86_64-unknown-linux-gnu"),
        ("linux", "x86_64") => Some("x86_64-unknown-linux-musl"),
        ("linux", "aarch64") if cfg!(target_env = "gnu") => Some("aarch64-unknown-linux-gnu"),
        ("linux", "aarch64") => Some("aarch64-unknown-linux-musl"),
        ("macos", "x86_64") => Some("x86_64-apple-darwin"),
        ("macos", "aarch64") => Some("aarch64-apple-darwin"),
        _ => None,
    }
}

/// The built binary without what debuggers need, as in a release: in this folder.
fn stripped(folder: &Path) -> Result<PathBuf> {
    let stripped = folder.join("lgx");
    let built = lgx()?;
    let built = built.get_program();
    fs_err::copy(Path::new(built), &stripped)?;
    said(Command::new("strip").arg(&stripped))?;
    Ok(stripped)
}

/// A script of `packaging`, to be run by Python.
fn script(name: &str) -> Command {
    let base = std::env::var("LGX_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(base);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(workspace_root().join("packaging").join(name));
    command
}

/// What a command writes to stdout; one that fails is an error with what it said.
fn said(command: &mut Command) -> Result<String> {
    let output = run(command)?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{command:?} failed:\n{told}\n{errors}"
    );
    Ok(told.trim().to_owned())
}

fn run(command: &mut Command) -> Result<Output> {
    command
        .output_in_time()
        .with_context(|| format!("could not start {command:?}"))
}
