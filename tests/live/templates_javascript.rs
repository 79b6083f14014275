//! What each template in TypeScript brings works in the hands of who scaffolds it: its own tests pass, and its README is true.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, EndsInTime, Project, node_env, why_no_node};
use serde_json::Value;

use crate::templates::{exec, promised_by, templates, told_by};

/// Where the packages that the templates ask for are locked.
const PACKAGES: &str = "projects/templates-js";

/// A project of the template, with its packages beside it; none where there is no Node.
pub(crate) fn scaffold_with_packages(template: &str) -> Result<Option<Project>> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: templates in TypeScript are not tried: {reason}"
        )?;
        return Ok(None);
    }
    let packages = node_env(PACKAGES)?.join("node_modules");
    let project = Project::scaffold(template, "my-project")?;
    fs_err::os::unix::fs::symlink(packages, project.path("node_modules"))?;
    Ok(Some(project))
}

/// The tests of a project in TypeScript.
pub(crate) const NPM_TEST: [&str; 2] = ["npm", "test"];

#[test]
fn every_template_passes_its_own_tests() -> Result<()> {
    for template in templates("typescript")? {
        let Some(project) = scaffold_with_packages(&template)? else {
            return Ok(());
        };
        let told = told_by(&mut exec(&project, "off", &NPM_TEST)?)?;
        ensure!(all_ran(&told), "tests of {template} do not run:\n{told}");
    }
    Ok(())
}

#[test]
fn every_template_asks_for_what_its_tests_run_with() -> Result<()> {
    let locked = locked_packages()?;
    for template in templates("typescript")? {
        let project = Project::scaffold(&template, "my-project")?;
        let manifest: Value = serde_json::from_str(&project.read("package.json")?)?;
        for kind in ["dependencies", "devDependencies"] {
            let packages = manifest[kind].as_object().context("packages by name")?;
            for (name, wanted) in packages {
                ensure!(
                    &locked["dependencies"][name] == wanted,
                    "{template} asks for {name} {wanted}, and {PACKAGES} for {}",
                    locked["dependencies"][name]
                );
            }
        }
    }
    Ok(())
}

#[test]
fn what_package_json_asks_of_node_is_compared_with_what_runs() -> Result<()> {
    let Some(project) = scaffold_with_packages("new-langgraph-project-js")? else {
        return Ok(());
    };
    project.edit(
        "package.json",
        r#""private": true,"#,
        r#""private": true, "engines": {"node": ">=20.19 <20.20 || >=999"},"#,
    )?;
    let server = DevServer::spawn(DevServer::command(&project, &["--no-reload"])?)?;
    let asked = "`engines.node` of package.json is >=20.19 <20.20 || >=999, and the project runs on Node.js ";
    server.wait_for_stderr(0, &[asked])?;
    Ok(())
}

#[test]
fn what_a_readme_has_its_reader_run_does_what_it_says() -> Result<()> {
    const SERVER: &str = "http://127.0.0.1:2024";
    for template in templates("typescript")? {
        let Some(project) = scaffold_with_packages(&template)? else {
            return Ok(());
        };
        let server = DevServer::spawn(DevServer::command(&project, &["--no-reload"])?)?;
        let readme = project.read("README.md")?;
        let code = readme
            .split_once("```js\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .with_context(|| format!("the README of {template} has code"))?
            .0
            .replace(SERVER, server.url());
        project.write("talk.mjs", &code)?;
        let ran = Command::new("node")
            .current_dir(project.dir())
            .arg("talk.mjs")
            .output_in_time()?;
        let told = String::from_utf8_lossy(&ran.stdout);
        let errors = String::from_utf8_lossy(&ran.stderr);
        ensure!(ran.status.success(), "{template}:\n{told}\n{errors}");
        let mut promised = promised_by(&readme);
        if code.contains("bob = ") {
            promised.extend(["You said: Hello!", "Bob sees []", "Bob is told: "]);
        } else if !readme.contains("```text") {
            promised.push("Before that you said: My name is Ada");
        }
        for line in promised {
            ensure!(told.contains(line), "{template} lacks {line:?}:\n{told}");
        }
    }
    Ok(())
}

#[test]
fn tests_that_need_a_server_say_so_where_there_is_no_lgx() -> Result<()> {
    let Some(project) = scaffold_with_packages("custom-auth-js")? else {
        return Ok(());
    };
    let directories = std::env::var_os("PATH").context("a PATH")?;
    let without_lgx =
        std::env::split_paths(&directories).filter(|directory| !directory.join("lgx").exists());
    let tests = Command::new("npm")
        .current_dir(project.dir())
        .arg("test")
        .env("PATH", std::env::join_paths(without_lgx)?)
        .output_in_time()?;
    let told = String::from_utf8_lossy(&tests.stdout);
    ensure!(!tests.status.success(), "tests pass without lgx:\n{told}");
    ensure!(
        told.contains("the server did not start: there is no `lgx` on the PATH")
            && !told.contains("TypeError"),
        "the tests do not say what they lack:\n{told}"
    );
    Ok(())
}

/// Whether there were tests, and none was left out: by the summary of Node's tests or of Vitest.
fn all_ran(told: &str) -> bool {
    if told.contains(" RUN  v") {
        return told.contains(" passed (") && !told.contains("skipped");
    }
    counts(told, "skipped 0") && !counts(told, "pass 0")
}

/// Whether the summary of Node's tests has this line: Node 22 begins it with `# ` where nobody watches, later ones with `ℹ `.
fn counts(told: &str, line: &str) -> bool {
    let mut lines = told.lines().map(str::trim_end);
    lines.any(|told| told.strip_prefix("# ").or(told.strip_prefix("ℹ ")) == Some(line))
}

#[test]
fn the_summary_of_tests_is_read_as_each_node_writes_it() {
    for (told, pass) in [
        ("# pass 0\n# skipped 0\n", true),
        ("ℹ pass 10\nℹ skipped 0\n", false),
    ] {
        assert!(counts(told, "skipped 0"), "{told}");
        assert_eq!(counts(told, "pass 0"), pass, "{told}");
    }
    let vitest = " RUN  v4.1.12 /my-project\n\n      Tests  6 passed (6)\n";
    assert!(all_ran(vitest));
    assert!(!all_ran(&vitest.replace("passed", "passed | 2 skipped")));
}

/// The packages that are locked, as their folder asks for them.
fn locked_packages() -> Result<Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PACKAGES);
    let text = fs_err::read_to_string(folder.join("package.json"))?;
    Ok(serde_json::from_str(&text)?)
}
