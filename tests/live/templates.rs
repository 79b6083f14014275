//! What each template brings works in the hands of who scaffolds it: its own tests pass.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{Project, lgx, python_env};
use serde_json::Value;

#[test]
fn every_template_passes_its_own_tests() -> Result<()> {
    let listed = lgx()?.args(["new", "--list", "--json"]).output()?;
    let listed: Value = serde_json::from_slice(&listed.stdout)?;
    let templates: Vec<&str> = listed
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|template| template["id"].as_str())
        .collect();
    ensure!(templates.len() >= 4, "there are templates: {listed}");
    // Some of them start a server, with the `lgx` that the user has.
    let path = path_with_lgx()?;
    for template in templates {
        let project = Project::scaffold(template, "my-project")?;
        let tests = Command::new(python_env()?.python())
            .current_dir(project.dir())
            .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"])
            .env("PATH", &path)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()?;
        let told = String::from_utf8_lossy(&tests.stdout);
        ensure!(
            tests.status.success(),
            "the tests of {template} fail:\n{told}"
        );
        ensure!(
            !told.contains("skipped"),
            "tests of {template} are skipped:\n{told}"
        );
    }
    Ok(())
}

/// The folders of programs, with that of the `lgx` of this workspace before all others.
fn path_with_lgx() -> Result<OsString> {
    let binary = lgx()?;
    let folder = Path::new(binary.get_program())
        .parent()
        .context("a program lies in a folder")?;
    let folders = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(
        [folder.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&folders)),
    )?)
}
