//! The life of `lgx dev` as a process: ready, stopped, alone on its port and in its state folder.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, EndsInTime, Project, lgx, python_env};
use rustix::process::Signal;
use serde_json::json;

#[test]
fn the_ready_file_holds_the_url_while_the_server_runs() -> Result<()> {
    let project = Project::copy_of("bench")?;
    let server = DevServer::start(&project, &[])?;
    assert_eq!(
        fs_err::read_to_string(server.ready_file())?.trim(),
        server.url()
    );
    assert_eq!(server.client().get("/ok")?.status, 200);
    let file = server.ready_file().to_owned();
    let temp_stays = file
        .parent()
        .context("the file lies in a folder")?
        .to_owned();
    let status = server.stop(Signal::TERM)?;
    ensure!(status.success(), "SIGTERM ended it with {status}");
    ensure!(
        !file.exists(),
        "{} is still there in {}",
        file.display(),
        temp_stays.display()
    );
    Ok(())
}

#[test]
fn interrupting_it_stops_it_and_its_workers_at_once_though_a_run_is_going() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let body = json!({"assistant_id": "multi", "input": {"log": ["in"], "delay": 60}, "stream_mode": "updates"});
    let mut events = client.events(&format!("/threads/{thread}/runs/stream"), &body)?;
    events
        .find(|event| {
            event
                .as_ref()
                .is_ok_and(|event| event.data.get("a").is_some())
        })
        .context("it began")??;
    let workers = server.children()?;
    ensure!(!workers.is_empty(), "no worker is running");
    let asked = Instant::now();
    let status = server.stop(Signal::INT)?;
    ensure!(
        asked.elapsed().as_secs() < 30,
        "it took {:?}",
        asked.elapsed()
    );
    ensure!(
        matches!(status.code(), Some(0 | 130)),
        "SIGINT ended it with {status}"
    );
    for worker in workers {
        let cmdline = fs_err::read_to_string(format!("/proc/{worker}/cmdline")).unwrap_or_default();
        ensure!(
            !cmdline.contains("lgx"),
            "worker {worker} lives on: {cmdline}"
        );
    }
    Ok(())
}

#[test]
fn a_stopped_run_goes_on_after_the_next_start() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let body = json!({"assistant_id": "multi", "input": {"log": ["in"], "delay": 3}, "stream_mode": "updates"});
    let mut events = client.events(&format!("/threads/{thread}/runs/stream"), &body)?;
    events
        .find(|event| {
            event
                .as_ref()
                .is_ok_and(|event| event.data.get("a").is_some())
        })
        .context("it began")??;
    server.stop(Signal::TERM)?;

    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let runs = client.get(&format!("/threads/{thread}/runs"))?.ok()?;
    let run = runs[0]["run_id"]
        .as_str()
        .context("the run is still known")?
        .to_owned();
    client
        .get(&format!("/threads/{thread}/runs/{run}/join"))?
        .ok()?;
    let status = client.get(&format!("/threads/{thread}/runs/{run}"))?.ok()?["status"].clone();
    ensure!(
        status != "running" && status != "pending",
        "the run is still {status}"
    );
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() -> Result<()> {
    let project = Project::copy_of("bench")?;
    let server = DevServer::start(&project, &[])?;
    let port = server
        .url()
        .rsplit(':')
        .next()
        .context("a URL has a port")?
        .to_owned();
    let other = Project::copy_of("bench")?;
    let output = lgx()?
        .current_dir(other.dir())
        .args(["dev", "--no-browser", "--port", &port])
        .env("LGX_PYTHON", python_env()?.python())
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    ensure!(told.contains(&port) && told.contains("--port"), "{told}");
    Ok(())
}

#[test]
fn an_interpreter_without_langgraph_is_an_error_that_says_how_to_install_it() -> Result<()> {
    let project = Project::scaffold("new-langgraph-project-python", "bare")?;
    lgx_tests::PythonEnv::bare(&project.path(".venv"))?;
    let output = lgx()?
        .current_dir(project.dir())
        .args(["dev", "--no-browser", "--port", "0"])
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in ["langgraph", ".venv", "install"] {
        ensure!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    Ok(())
}

#[test]
fn a_graph_that_does_not_load_is_reported_and_the_others_serve() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    project.edit(
        "src/boom.py",
        "import builtins",
        "import builtins\nimport no_such_module",
    )?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    server.wait_for_stderr(0, &["boom.py:3"])?;
    let client = server.client();
    let values = client
        .post(
            "/runs/wait",
            &json!({"assistant_id": "multi", "input": {"log": ["in"]}}),
        )?
        .ok()?;
    assert_eq!(values["log"], json!(["in", "a", "slow", "b"]));
    let refused = client.post("/runs/wait", &json!({"assistant_id": "boom", "input": {}}))?;
    ensure!(
        refused.body.contains("no_such_module"),
        "{} {}",
        refused.status,
        refused.body
    );
    Ok(())
}
