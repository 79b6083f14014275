//! Several `lgx serve` on one database: any of them is asked, and what one was at that dies goes on at another.

use anyhow::{Context as _, Result, ensure};
use lgx_test_postgres::TestDatabase;
use lgx_tests::{DevServer, EndsInTime as _, Event, Project};
use rustix::process::Signal;
use serde_json::json;

use crate::serve_postgres::{command, database, project};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn instance(project: &Project, database: &TestDatabase) -> Result<DevServer> {
    let mut serve = command(project, database, &["--host", "127.0.0.1"])?;
    serve.env("LGX_SECRET", SECRET);
    DevServer::spawn(serve)
}

#[test]
fn what_an_instance_was_at_that_is_killed_goes_on_at_another() -> Result<()> {
    let Some(database) = database()? else {
        return Ok(());
    };
    let project = project()?;
    let dies = instance(&project, &database)?;
    let lives = instance(&project, &database)?;
    let (there, here) = (dies.client(), lives.client());
    let thread = there.new_thread()?;
    let body = json!({"assistant_id": "agent", "input": {}, "stream_mode": "updates", "stream_resumable": true});
    let created = there
        .post(&format!("/threads/{thread}/runs"), &body)?
        .ok()?;
    let run = created["run_id"].as_str().context("a run has an id")?;
    let path = format!("/threads/{thread}/runs/{run}");
    // The one that does not execute it has it streamed by the one that does.
    let prepared = |event: &Event| !event.data["prepare"].is_null();
    let asked = here.clone().with_header("last-event-id", "-1");
    let mut events = asked.follow(&format!("{path}/stream"))?;
    while !prepared(&events.next().context("its first node is done")??) {}

    dies.kill_everything()?;
    project.write("go", "")?;
    let values = here.get(&format!("{path}/join"))?.ok()?;
    assert_eq!(values, json!({"prepared": 1, "worked": true}));
    assert_eq!(here.get(&path)?.ok()?["status"], "success");
    // Whoever comes back has all of it.
    let again = asked.follow(&format!("{path}/stream"))?;
    let events = again.collect::<Result<Vec<_>>>()?;
    for node in ["prepare", "work"] {
        ensure!(
            events.iter().any(|event| !event.data[node].is_null()),
            "{node}: {events:?}"
        );
    }

    let alone = command(&project, &database, &[])?.output_in_time()?;
    let said = String::from_utf8_lossy(&alone.stderr);
    assert_eq!(alone.status.code(), Some(1), "{said}");
    ensure!(said.contains("LGX_SECRET"), "{said}");
    ensure!(lives.stop(Signal::TERM)?.success());
    Ok(())
}
