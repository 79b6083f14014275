//! `lgx dev --fresh` and `--ephemeral`: what becomes of the state before the server and after it, and what the banner says of it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use fs_err as fs;
use lgx_tests::{DevServer, EndsInTime, Project, python_env};
use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

fn threads(server: &DevServer) -> Result<u64> {
    let count = server.client().post("/threads/count", &json!({}))?.ok()?;
    count.as_u64().context("a count is a number")
}

/// Serves with a temporary directory of its own.
fn ephemeral(project: &Project, temporary: &TempDir) -> Result<DevServer> {
    let mut command = DevServer::command(project, &["--no-reload", "--ephemeral"])?;
    command
        .env("LGX_PYTHON", python_env()?.python())
        .env("TMPDIR", temporary.path());
    DevServer::spawn(command)
}

fn folders(temporary: &TempDir) -> Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(temporary.path())?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let paths: Result<Vec<_>> = paths.collect();
    let is_state = |path: &std::path::PathBuf| path.to_string_lossy().contains("lgx-dev-");
    Ok(paths?.into_iter().filter(is_state).collect())
}

#[test]
fn a_fresh_start_moves_the_state_aside_and_it_can_be_served_again() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let server = DevServer::start(&project, &["--no-reload", "--fresh"])?;
    ensure!(
        !server.stderr().text().contains("fresh:"),
        "nothing was there"
    );
    server.client().new_thread()?;
    server.stop(Signal::TERM)?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    server.wait_for_stderr(0, &["State", ".lgx (1 thread, "])?;
    let second = DevServer::command(&project, &["--fresh"])?
        .env("LGX_PYTHON", python_env()?.python())
        .output_in_time()?;
    let said = String::from_utf8(second.stderr)?;
    assert_eq!(second.status.code(), Some(1));
    ensure!(said.contains("uses .lgx; nothing was moved"), "{said}");
    assert_eq!(threads(&server)?, 1);
    server.stop(Signal::TERM)?;

    let server = DevServer::start(&project, &["--no-reload", "--fresh"])?;
    let line = server.wait_for_stderr(0, &["fresh: 1 thread, "])?;
    assert_eq!(threads(&server)?, 0);
    let (_, folder) = line.split_once("--state-dir ").context("it says how")?;
    let again = DevServer::start(&project, &["--no-reload", "--state-dir", folder])?;
    assert_eq!(threads(&again)?, 1);
    Ok(())
}

#[test]
fn an_ephemeral_state_goes_with_its_server() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let temporary = TempDir::new()?;
    for signal in [Signal::TERM, Signal::INT] {
        let server = ephemeral(&project, &temporary)?;
        server.wait_for_stderr(0, &["State", "lgx-dev-", "(gone when the server ends)"])?;
        server.client().new_thread()?;
        assert_eq!(folders(&temporary)?.len(), 1);
        server.stop(signal)?;
        assert_eq!(folders(&temporary)?.len(), 0, "after {signal:?}");
    }
    ensure!(!project.dir().join(".lgx/state.db").exists());
    Ok(())
}

#[test]
fn what_a_killed_server_left_goes_at_the_next_start_and_what_another_uses_stays() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let temporary = TempDir::new()?;
    ephemeral(&project, &temporary)?.kill_everything()?;
    let living = ephemeral(&project, &temporary)?;
    let both = folders(&temporary)?;
    assert_eq!(both.len(), 2, "what is young is left alone");
    let aged = Command::new("touch")
        .args(["-t", "202001010000"])
        .args(&both)
        .status_in_time()?;
    ensure!(aged.success());

    let server = ephemeral(&project, &temporary)?;

    assert_eq!(
        folders(&temporary)?.len(),
        2,
        "that of the living and the new one"
    );
    living.client().new_thread()?;
    assert_eq!(threads(&living)?, 1);
    assert_eq!(threads(&server)?, 0);
    Ok(())
}

#[test]
fn the_banner_counts_the_variables_of_the_project() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    project.edit(
        "langgraph.json",
        "\"dependencies\"",
        "\"env\": \".env\", \"dependencies\"",
    )?;
    project.write(".env", "ONE=1\nTWO=2\n")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    server.wait_for_stderr(0, &["Env", ".env (2 variables)"])?;
    Ok(())
}
