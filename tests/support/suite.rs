//! Tests that are written in Python or JavaScript, as clients are, against a server that runs.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Result, ensure};

use crate::{
    DevServer, EndsInTime, Project, PythonEnv, chromium, node_env, python_env, why_no_browser,
    why_no_node,
};

/// Runs pytest in a folder of `tests` with these arguments; the tests find the server in `LGX_URL`, its project in `LGX_PROJECT` and
/// the language of its graphs in `LGX_LANGUAGE`.
///
/// # Errors
/// When one fails: what pytest says, and what the server has said.
pub fn run_suite(
    folder: &str,
    project: &Project,
    server: &DevServer,
    arguments: &[&str],
) -> Result<()> {
    run_suite_in(&python_env()?, folder, project, server, arguments)
}

/// The same in an environment that has more than the usual one.
///
/// # Errors
/// When one fails: what pytest says, and what the server has said.
pub fn run_suite_in(
    env: &PythonEnv,
    folder: &str,
    project: &Project,
    server: &DevServer,
    arguments: &[&str],
) -> Result<()> {
    let output = Command::new(env.python())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .args(["-m", "pytest", "--quiet"])
        .args(arguments)
        .env("LGX_URL", server.url())
        .env("LGX_PROJECT", project.dir())
        .env("LGX_LANGUAGE", project.language())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output_in_time()?;
    succeeded(&output, server)
}

/// Runs a file of JavaScript tests in a folder of `tests`; the tests find the server in `LGX_URL` and the language of
/// its project's graphs in `LGX_LANGUAGE`. Where there is no Node, a line says that they were left out.
///
/// # Errors
/// When one fails: what Node says, and what the server has said.
pub fn run_node_suite(
    folder: &str,
    file: &str,
    project: &Project,
    server: &DevServer,
) -> Result<()> {
    if let Some(reason) = why_no_node() {
        return skipped(folder, file, &reason);
    }
    let output = node(&node_env(folder)?, file)
        .env("LGX_URL", server.url())
        .env("LGX_LANGUAGE", project.language())
        .output_in_time()?;
    succeeded(&output, server)
}

/// The same of a folder whose tests need no packages, and are run where they lie.
///
/// # Errors
/// When one fails: what Node says, and what the server has said.
pub fn run_bare_node_suite(folder: &str, file: &str, server: &DevServer) -> Result<()> {
    if let Some(reason) = why_no_node() {
        return skipped(folder, file, &reason);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut node = node(&folder, file);
    succeeded(&node.env("LGX_URL", server.url()).output_in_time()?, server)
}

/// Runs a file of `tests/studio` in a browser; the tests find the server in `LGX_URL`, its project in `LGX_PROJECT`, and what else is
/// given here. Where there is no Node or no Chromium, a line says that they were left out.
///
/// # Errors
/// When one fails: what Node says, and what the server has said.
pub fn run_browser_suite(
    file: &str,
    project: &Project,
    server: &DevServer,
    more: &[(&str, &Path)],
) -> Result<()> {
    match browser_suite(file, project, server.url(), more)? {
        Some(output) => succeeded(&output, server),
        None => Ok(()),
    }
}

/// The same of a file that starts its servers itself, at this address.
///
/// # Errors
/// When one fails: what Node says, and what the servers have said.
pub fn run_browser_suite_alone(
    file: &str,
    project: &Project,
    url: &str,
    more: &[(&str, &Path)],
) -> Result<()> {
    match browser_suite(file, project, url, more)? {
        Some(output) => succeeded_beside(&output, ""),
        None => Ok(()),
    }
}

/// What Node says, unless there is none, or no browser.
fn browser_suite(
    file: &str,
    project: &Project,
    url: &str,
    more: &[(&str, &Path)],
) -> Result<Option<Output>> {
    if let Some(reason) = why_no_node().or_else(why_no_browser) {
        skipped("studio", file, &reason)?;
        return Ok(None);
    }
    let output = node(&node_env("studio")?, file)
        .env("LGX_URL", url)
        .env("LGX_PROJECT", project.dir())
        .envs(chromium().map(|path| ("LGX_CHROMIUM", path)))
        .envs(more.iter().copied())
        .output_in_time()?;
    Ok(Some(output))
}

fn node(folder: &Path, file: &str) -> Command {
    let mut node = Command::new("node");
    node.current_dir(folder)
        // Node 20 has its WebSocket behind a flag.
        .args([
            "--experimental-websocket",
            "--test",
            // A suite that waits for what does not come ends, and says where it waits.
            "--test-timeout=540000",
            "--test-reporter=spec",
            file,
        ]);
    node
}

fn skipped(folder: &str, file: &str, reason: &str) -> Result<()> {
    // Not `eprintln!`, which nobody sees of a test that passes.
    writeln!(
        std::io::stderr(),
        "SKIPPED: {folder}/{file} is not run: {reason}"
    )?;
    Ok(())
}

/// How many of the server's last lines stand above the failures: a test that prints ten thousand would hide them.
const LINES_OF_THE_SERVER: usize = 200;
/// Where Node's reporter begins to say again what failed, after all that passed.
const FAILURES: &str = "failing tests:";

/// What failed comes last, where whoever reads a long log looks first.
fn succeeded(output: &Output, server: &DevServer) -> Result<()> {
    succeeded_beside(output, &server.stderr().text())
}

fn succeeded_beside(output: &Output, said: &str) -> Result<()> {
    let told = String::from_utf8_lossy(&output.stdout);
    let failures = told.rfind(FAILURES).map_or(&*told, |at| &told[at..]);
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = said.lines().collect();
    let last = lines[lines.len().saturating_sub(LINES_OF_THE_SERVER)..].join("\n");
    ensure!(
        output.status.success(),
        "the server's last lines:\n{last}\n\n{errors}\n{failures}"
    );
    Ok(())
}
