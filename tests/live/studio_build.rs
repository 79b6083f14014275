//! The page is in the binary wherever that is built: Rust and a linker are enough, and nobody asks for Node or a network.

use std::env;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{EndsInTime, workspace_root};
use tempfile::TempDir;

/// What a build of Rust calls itself: compilers and linkers, whichever of them are there.
const TOOLS: [&str; 10] = [
    "cc", "gcc", "clang", "ld", "ld.lld", "ld.bfd", "lld", "as", "ar", "xcrun",
];

#[test]
fn the_page_is_built_in_where_there_is_only_rust() -> Result<()> {
    let temp = TempDir::new()?;
    let tools = temp.path().join("bin");
    fs_err::create_dir(&tools)?;
    for name in TOOLS {
        if let Some(path) = on_the_path(name) {
            symlink(path, tools.join(name))?;
        }
    }
    ensure!(!tools.join("node").exists() && !tools.join("npm").exists());
    // The crate's own test compares every file that was packed with the committed one.
    let cargo =
        PathBuf::from(env::var_os("CARGO").context("cargo runs its tests with its own path")?);
    let output = Command::new(&cargo)
        .current_dir(workspace_root())
        .args(["test", "--offline", "--lib", "-p", "lgx-studio"])
        .arg("--target-dir")
        .arg(temp.path().join("target"))
        .args(["--", "every_file_of_the_build_comes_out_as_it_went_in"])
        .env("PATH", &tools)
        .env("RUSTC", beside(&cargo, "rustc"))
        .env_remove("RUSTC_WRAPPER")
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{told}\n{errors}");
    ensure!(told.contains("1 passed"), "{told}");
    Ok(())
}

/// The program of a toolchain that lies where cargo does.
fn beside(cargo: &Path, name: &str) -> PathBuf {
    cargo.with_file_name(format!("{name}{}", env::consts::EXE_SUFFIX))
}

fn on_the_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
