//! `lgx status` while a server runs, and once it is gone, however it went.

use anyhow::{Context, Result};
use lgx_tests::{DevServer, EndsInTime, Project, lgx};
use serde_json::{Value, json};

/// What it says as JSON, and its exit code.
fn status(project: &Project) -> Result<(Value, Option<i32>)> {
    let mut command = lgx()?;
    command
        .current_dir(project.dir())
        .args(["status", "--json"]);
    let output = command.output_in_time()?;
    let told = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok((told, output.status.code()))
}

#[test]
fn a_server_is_told_with_its_address_and_threads_until_it_is_gone() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    client.new_thread()?;
    let thread = client.new_thread()?;
    let body = json!({"assistant_id": "hitl", "input": {}});
    client
        .post(&format!("/threads/{thread}/runs/wait"), &body)?
        .ok()?;

    let (told, code) = status(&project)?;
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(told["running"], true, "{told}");
    assert_eq!(told["url"], server.url(), "{told}");
    assert_eq!(told["pid"], server.pid(), "{told}");
    assert_eq!(
        told["threads"],
        json!({"all": 2, "busy": 0, "interrupted": 1, "error": 0}),
        "{told}"
    );

    server.kill()?;
    let (told, code) = status(&project)?;
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(told["running"], false, "{told}");
    assert!(told["state"]["bytes"].as_u64() > Some(0), "{told}");
    Ok(())
}
