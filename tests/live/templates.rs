//! What each template in Python brings works in the hands of who scaffolds it: its own tests pass, and its README is true.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use lgx_tests::{
    DevServer, EndsInTime, IdentityProvider, Project, lgx, offline, templates_env, workspace_root,
};
use serde_json::Value;

/// The ids of the templates in this language.
pub(crate) fn templates(language: &str) -> Result<Vec<String>> {
    let listed = lgx()?.args(["new", "--list", "--json"]).output_in_time()?;
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

/// The ids of those in Python that run on the Python of these tests; a line names those that do not.
pub(crate) fn templates_in_python() -> Result<Vec<String>> {
    const NEWER: &str = "requires-python = \">=3.11\"";
    let is_newer = Command::new(templates_env()?.python())
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])
        .status_in_time()?
        .success();
    let mut run = Vec::new();
    for template in templates("python")? {
        let manifest = workspace_root()
            .join("templates")
            .join(&template)
            .join("pyproject.toml");
        if is_newer || !fs_err::read_to_string(manifest)?.contains(NEWER) {
            run.push(template);
        } else {
            writeln!(
                std::io::stderr(),
                "SKIPPED: {template} needs Python 3.11 or newer"
            )?;
        }
    }
    Ok(run)
}

/// `lgx exec` with these tests of a project: with no key of any model, and where that can be done with no network.
pub(crate) fn exec(project: &Project, mode: &str, tests: &[&str]) -> Result<Command> {
    let mut command = offline(lgx()?.get_program())?;
    prepare(&mut command, project, mode, tests)?;
    Ok(command)
}

/// The same for a command that becomes `lgx`.
pub(crate) fn prepare(
    command: &mut Command,
    project: &Project,
    mode: &str,
    tests: &[&str],
) -> Result<()> {
    let keys = std::env::vars_os().map(|(name, _)| name);
    for key in keys.filter(|name| name.to_string_lossy().ends_with("_API_KEY")) {
        command.env_remove(key);
    }
    command
        .current_dir(project.dir())
        .args(["exec", "--mode", mode, "--"])
        .args(tests)
        .env_remove("CHAT_MODEL")
        // What they print is read here.
        .env("NO_COLOR", "1")
        // Some of the tests start a server themselves, with the `lgx` that the user has.
        .env("PATH", path_with_lgx()?)
        .stdin(Stdio::null());
    if project.language() == "python" {
        command
            .env("LGX_PYTHON", templates_env()?.python())
            .env("PYTHONDONTWRITEBYTECODE", "1");
    }
    Ok(())
}

/// What a command that must go well says.
pub(crate) fn told_by(command: &mut Command) -> Result<String> {
    let output = command.output_in_time()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}:\n{told}\n{errors}");
    Ok(format!("{told}{errors}"))
}

/// The tests of a project in Python, without what they would leave behind.
pub(crate) const PYTEST: [&str; 4] = ["pytest", "--quiet", "-p", "no:cacheprovider"];

#[test]
fn every_template_passes_its_own_tests() -> Result<()> {
    for template in templates_in_python()? {
        let project = Project::scaffold(&template, "my-project")?;
        let told = told_by(&mut exec(&project, "off", &PYTEST)?)?;
        ensure!(
            told.contains("passed") && !told.contains("skipped"),
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
    for template in templates_in_python()? {
        let project = Project::scaffold(&template, "my-project")?;
        if project.read(".env")?.contains(PROVIDER) {
            project.edit(".env", PROVIDER, provider.url())?;
        }
        let mut command = DevServer::command(&project, &["--no-reload"])?;
        command.env("LGX_PYTHON", templates_env()?.python());
        let server = DevServer::spawn(command)?;
        let readme = project.read("README.md")?;
        let code = readme
            .split_once("```python\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .with_context(|| format!("the README of {template} has code"))?
            .0
            .replace(SERVER, server.url())
            .replace(PROVIDER, provider.url());
        let ran = Command::new(templates_env()?.python())
            .args(["-c", &code])
            .output_in_time()?;
        let told = String::from_utf8_lossy(&ran.stdout);
        let errors = String::from_utf8_lossy(&ran.stderr);
        ensure!(ran.status.success(), "{template}:\n{told}\n{errors}");
        let mut promised = promised_by(&readme);
        if code.contains("bob = ") {
            promised.extend(["Bob sees []", "Bob is told: "]);
        }
        for line in promised {
            ensure!(told.contains(line), "{template} lacks {line:?}:\n{told}");
        }
    }
    Ok(())
}

/// The lines that a README says its code prints; without any, that the chatbot answers.
pub(crate) fn promised_by(readme: &str) -> Vec<&str> {
    let block = readme.split_once("```text\n").map(|(_, rest)| rest);
    match block.and_then(|rest| rest.split_once("\n```")) {
        Some((lines, _)) => lines.lines().collect(),
        None => vec!["You said: "],
    }
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
