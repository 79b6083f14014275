//! `lgx doctor` of a real project, beside its server.

use anyhow::{Context, Result};
use lgx_tests::{DevServer, EndsInTime, Project, lgx};
use serde_json::Value;

#[test]
fn a_project_that_is_served_is_well_and_its_server_goes_on() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    client.new_thread()?;
    let port = server
        .url()
        .rsplit(':')
        .next()
        .context("a port")?
        .to_owned();

    let mut command = lgx()?;
    command.current_dir(project.dir());
    command.args(["doctor", "--json", "--port", &port, "--python"]);
    command.arg(lgx_tests::python_env()?.python());
    let output = command.output_in_time()?;
    let told: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;

    assert_eq!(output.status.code(), Some(0), "{told:#}");
    let rows = told["rows"].as_array().context("rows")?;
    let row = |id: &str| rows.iter().find(|row| row["id"] == id).context("a row");
    for id in ["python", "langgraph", "port", "state"] {
        assert_eq!(row(id)?["condition"], "ok", "{told:#}");
    }
    let own = format!(
        "{port} is the project's own server's, process {}",
        server.pid()
    );
    assert_eq!(row("port")?["message"], own.as_str(), "{told:#}");
    let state = row("state")?["message"].as_str().context("a message")?;
    assert!(
        state.contains("1 thread, ") && state.ends_with("nothing damaged"),
        "{state}"
    );
    client.new_thread()?;
    Ok(())
}
