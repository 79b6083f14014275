//! What each template in Python brings works in the hands of who scaffolds it: its own tests pass, and its README is true.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, IdentityProvider, Project, lgx, python_env};
use serde_json::Value;

/// The ids of the templates in this language.
pub(crate) fn templates(language: &str) -> Result<Vec<String>> {
    let listed = lgx()?.args(["new", "--list", "--json"]).output()?;
    let listed: Value = serde_json::from_slice(&listed.stdout)?;
    let templates: Vec<String> = listed
        .as_array()
        .context("a list")?
        .iter()
        .filter(|template| template["language"] == language)
        .filter_map(|template| Some(template["id"].as_str()?.to_owned()))
        .collect();
    ensure!(templates.len() >= 2, "there are templates: {listed}");
    Ok(templates)
}

#[test]
fn every_template_passes_its_own_tests() -> Result<()> {
    // Some of them start a server, with the `lgx` that the user has.
    let path = path_with_lgx()?;
    for template in templates("python")? {
        let project = Project::scaffold(&template, "my-project")?;
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

#[test]
fn what_a_readme_has_its_reader_run_does_what_it_says() -> Result<()> {
    const SERVER: &str = "http://127.0.0.1:2024";
    const PROVIDER: &str = "http://127.0.0.1:9999";
    let provider = IdentityProvider::start()?;
    for template in templates("python")? {
        let project = Project::scaffold(&template, "my-project")?;
        if project.read(".env")?.contains(PROVIDER) {
            project.edit(".env", PROVIDER, provider.url())?;
        }
        let server = DevServer::start(&project, &["--no-reload"])?;
        let readme = project.read("README.md")?;
        let code = readme
            .split_once("```python\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .with_context(|| format!("the README of {template} has code"))?
            .0
            .replace(SERVER, server.url())
            .replace(PROVIDER, provider.url());
        let ran = Command::new(python_env()?.python())
            .args(["-c", &code])
            .output()?;
        let told = String::from_utf8_lossy(&ran.stdout);
        let errors = String::from_utf8_lossy(&ran.stderr);
        ensure!(ran.status.success(), "{template}:\n{told}\n{errors}");
        let mut promised = vec!["You said: "];
        if code.contains("bob = ") {
            promised.extend(["Bob sees []", "Bob is told: "]);
        }
        for line in promised {
            ensure!(told.contains(line), "{template} lacks {line:?}:\n{told}");
        }
    }
    Ok(())
}

/// The folders of programs, with that of the `lgx` of this workspace before all others.
pub(crate) fn path_with_lgx() -> Result<OsString> {
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
