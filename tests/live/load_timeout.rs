//! Code that hangs while it is loaded, and processes that end while they load it.

use anyhow::Result;
use lgx_tests::{DevServer, EndsInTime, Project, python_env};
use serde_json::json;

const GRAPH: &str = "graph.py";
const CODE: &str = "# begin

from langgraph.graph import StateGraph


def say(state):
    import os

    return {'parent': os.getppid()}


graph = StateGraph(dict).add_node('say', say).add_edge('__start__', 'say').compile()
";

fn project() -> Result<Project> {
    let project = Project::copy_of("bench")?;
    let graphs = json!({"dependencies": ["."], "graphs": {"agent": "./graph.py:graph"}});
    project.write("langgraph.json", &graphs.to_string())?;
    project.write(GRAPH, CODE)?;
    Ok(project)
}

/// Saves the code with this in its first line.
fn save(project: &Project, begin: &str) -> Result<()> {
    project.write(GRAPH, &CODE.replace("# begin", begin))
}

/// Who started the process that serves.
fn parent(server: &DevServer) -> Result<u64> {
    let body = json!({"assistant_id": "agent", "input": {}});
    let values = server.client().post("/runs/wait", &body)?.ok()?;
    Ok(values["parent"].as_u64().unwrap_or_default())
}

#[test]
fn new_code_that_hangs_is_given_up_with_its_line_whatever_it_hangs_in() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--load-timeout", "3"])?;
    for (hangs, told) in [
        (
            "import queue; queue.Queue().get()",
            " s; it is in threading.py:",
        ),
        ("while True: pass", "LoadTimeout: not loaded after "),
        (
            "import ctypes; ctypes.PyDLL(None).sleep(1000)",
            " s; C code keeps the interpreter to itself",
        ),
    ] {
        let before = server.stderr().len();
        save(&project, hangs)?;
        server.wait_for_stderr(
            before,
            &["the new code cannot be loaded; the old code keeps serving"],
        )?;
        server.wait_for_stderr(before, &["  graph.py:1"])?;
        server.wait_for_stderr(before, &[told])?;
        let answer = server.client().get("/info")?;
        let failed = &answer.ok()?["failed_reload"];
        assert_eq!(failed["line"], 1, "{failed}");
        parent(&server)?;
    }
    let before = server.stderr().len();
    save(&project, "# mended")?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    Ok(())
}

#[test]
fn a_first_start_that_takes_long_is_told_and_waited_for_and_in_ci_it_is_an_error() -> Result<()> {
    let project = project()?;
    save(&project, "import time; time.sleep(5)")?;

    let output = DevServer::command(&project, &["--load-timeout", "1"])?
        .env("LGX_PYTHON", python_env()?.python())
        .env("CI", "true")
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in ["graph.py:1", "not loaded after 1 s", "--load-timeout"] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }

    let server = DevServer::start(&project, &["--load-timeout", "1"])?;
    server.wait_for_stderr(
        0,
        &["warning: the project is still being loaded, and waited for"],
    )?;
    server.wait_for_stderr(0, &["  graph.py:1"])?;
    parent(&server)?;
    Ok(())
}

#[test]
fn a_process_that_is_killed_while_it_loads_is_told_as_that() -> Result<()> {
    let project = project()?;
    let mut command = DevServer::command(&project, &[])?;
    command.env("LGX_PYTHON", python_env()?.python());
    command.env("LGX_LOG", "lgx_worker=debug");
    let server = DevServer::spawn(command)?;
    let zygote = parent(&server)?;
    let before = server.stderr().len();
    save(&project, "import os; os.kill(os.getpid(), 9)")?;
    server.wait_for_stderr(
        before,
        &["was killed while it loaded the project (signal 9 (SIGKILL), which lgx did not send"],
    )?;
    assert_eq!(parent(&server)?, zygote, "the old one serves");
    let before = server.stderr().len();
    save(&project, "# mended")?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    assert_eq!(parent(&server)?, zygote, "forking was not the reason");
    Ok(())
}

#[test]
fn nothing_is_forked_any_more_after_a_forked_process_died_where_a_cold_one_does_not() -> Result<()>
{
    let project = project()?;
    let mut command = DevServer::command(&project, &[])?;
    command.env("LGX_PYTHON", python_env()?.python());
    command.env("LGX_LOG", "lgx_worker=debug");
    let server = DevServer::spawn(command)?;
    assert_ne!(parent(&server)?, u64::from(server.pid()));
    let before = server.stderr().len();
    project.write("once", "")?;
    save(
        &project,
        "import os; os.path.exists('once') and (os.remove('once'), os.abort())",
    )?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    server.wait_for_stderr(before, &["workers are not forked: signal 6 (SIGABRT)"])?;
    assert_eq!(parent(&server)?, u64::from(server.pid()));
    let before = server.stderr().len();
    save(&project, "# mended")?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    assert_eq!(parent(&server)?, u64::from(server.pid()));
    Ok(())
}
