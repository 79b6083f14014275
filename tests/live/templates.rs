//! What each template brings works in the hands of who scaffolds it: its own tests pass.

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
    ensure!(templates.len() >= 2, "there are templates: {listed}");
    for template in templates {
        let project = Project::scaffold(template, "my-project")?;
        let tests = Command::new(python_env()?.python())
            .current_dir(project.dir())
            .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"])
            .output()?;
        let told = String::from_utf8_lossy(&tests.stdout);
        ensure!(
            tests.status.success(),
            "the tests of {template} fail:\n{told}"
        );
    }
    Ok(())
}
