//! `lgx serve` with its state in Postgres: made ready, kept through the death of every process, and used by one server at a time.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use lgx_test_postgres::TestDatabase;
use lgx_tests::{DevServer, EndsInTime as _, Project, lgx, python_env};
use rustix::process::Signal;
use serde_json::json;

use crate::serve::PATIENT;

/// An empty database; where there is no Postgres, a line says that this is left out.
pub(crate) fn database() -> Result<Option<TestDatabase>> {
    match TestDatabase::make()? {
        Ok(database) => Ok(Some(database)),
        Err(reason) => {
            writeln!(
                std::io::stderr(),
                "SKIPPED: lgx serve is not tried on Postgres: {reason}"
            )?;
            Ok(None)
        }
    }
}

/// A project whose graph `agent` takes its time.
pub(crate) fn project() -> Result<Project> {
    let project = Project::copy_of("bench")?;
    project.write("patient.py", PATIENT)?;
    let graphs = json!({"dependencies": ["."], "graphs": {"agent": "./patient.py:graph"}});
    project.write("langgraph.json", &graphs.to_string())?;
    Ok(project)
}

pub(crate) fn command(
    project: &Project,
    database: &TestDatabase,
    arguments: &[&str],
) -> Result<Command> {
    let mut command = DevServer::production(project, &[&["--no-auth"], arguments].concat())?;
    command
        .env("LGX_PYTHON", python_env()?.python())
        .env("DATABASE_URI", database.address());
    Ok(command)
}

#[test]
fn what_was_acknowledged_survives_every_process_and_runs_go_on() -> Result<()> {
    let Some(database) = database()? else {
        return Ok(());
    };
    let project = project()?;
    let server = DevServer::spawn(command(&project, &database, &[])?)?;
    // Commands that ask for the project's server find it, though nothing else of it is in the folder.
    ensure!(project.dir().join(".lgx/server.json").exists());
    let client = server.client();
    let of_graph = json!({"metadata": {"graph_id": "agent"}});
    let rests = client.post("/threads", &of_graph)?.ok()?;
    let rests = rests["thread_id"].as_str().context("it has an id")?;
    let update = json!({"values": {"prepared": 41}, "as_node": "prepare"});
    client
        .post(&format!("/threads/{rests}/state"), &update)?
        .ok()?;
    let works = client.new_thread()?;
    let body = json!({"assistant_id": "agent", "input": {}, "stream_mode": "updates"});
    let mut events = client.events(&format!("/threads/{works}/runs/stream"), &body)?;
    let prepared = |event: &lgx_tests::Event| !event.data["prepare"].is_null();
    while !prepared(&events.next().context("its first node is done")??) {}
    server.kill_everything()?;

    project.write("go", "")?;
    let server = DevServer::spawn(command(&project, &database, &[])?)?;
    let client = server.client();
    let state = client.get(&format!("/threads/{rests}/state"))?.ok()?;
    assert_eq!(state["values"]["prepared"], 41);
    let runs = client.get(&format!("/threads/{works}/runs"))?.ok()?;
    let run = runs[0]["run_id"].as_str().context("the run is there")?;
    let values = client
        .get(&format!("/threads/{works}/runs/{run}/join"))?
        .ok()?;
    assert_eq!(values, json!({"prepared": 1, "worked": true}));
    // Nothing of it is in a directory.
    ensure!(!project.dir().join(".lgx/state.db").exists());

    let second = command(&project, &database, &[])?.output_in_time()?;
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{said}");
    ensure!(said.contains("in use by another server"), "{said}");
    ensure!(server.stop(Signal::TERM)?.success());
    // It has let go of it.
    let server = DevServer::spawn(command(&project, &database, &["--no-migrate"])?)?;
    ensure!(server.stop(Signal::TERM)?.success());
    Ok(())
}

#[test]
fn tables_are_made_by_a_command_of_their_own_where_a_start_is_not_to() -> Result<()> {
    let Some(database) = database()? else {
        return Ok(());
    };
    let project = project()?;
    let refused = command(&project, &database, &["--no-migrate"])?.output_in_time()?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    ensure!(said.contains("run `lgx migrate` first"), "{said}");

    let nowhere = tempfile::tempdir()?;
    let migrated = || -> Result<String> {
        let mut migrate = lgx()?;
        migrate.current_dir(nowhere.path()).arg("migrate");
        migrate.env("DATABASE_URI", database.address());
        let output = migrate.output_in_time()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{said}");
        Ok(said)
    };
    assert_eq!(migrated()?, "migrated: 2 steps\n");
    assert_eq!(migrated()?, "nothing to do: the database is up to date\n");
    let server = DevServer::spawn(command(&project, &database, &["--no-migrate"])?)?;
    ensure!(server.stop(Signal::TERM)?.success());
    Ok(())
}
