//! Apps of Hono's: as their clients see them, with auth in front, reloaded, and beside code in Python.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{
    DevServer, EndsInTime, Project, node_env, python_env, why_no_node, workspace_root,
};
use serde_json::{Value, json};

const APP: &str = "src/app.tsx";

/// The shop in TypeScript with its packages beside it; none where there is no Node.
fn project() -> Result<Option<Project>> {
    if let Some(reason) = why_no_node() {
        let why = format!("SKIPPED: no app in JavaScript is served: {reason}");
        writeln!(std::io::stderr(), "{why}")?;
        return Ok(None);
    }
    let packages = node_env("projects/javascript-app")?.join("node_modules");
    let project = Project::copy_of("javascript-app")?;
    fs_err::os::unix::fs::symlink(packages, project.path("node_modules"))?;
    Ok(Some(project))
}

/// Changes what langgraph.json says.
fn configure(project: &Project, change: impl FnOnce(&mut Value)) -> Result<()> {
    let mut config = serde_json::from_str(&project.read("langgraph.json")?)?;
    change(&mut config);
    project.write("langgraph.json", &config.to_string())
}

/// A server that has an interpreter for code in Python, if there is any.
fn serve(project: &Project, arguments: &[&str]) -> Result<DevServer> {
    let mut command = DevServer::command(project, arguments)?;
    command.env("LGX_PYTHON", python_env()?.python());
    DevServer::spawn(command)
}

#[test]
fn it_answers_as_its_clients_expect() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let server = serve(&project, &["--no-reload"])?;
    let output = Command::new("node")
        .current_dir(workspace_root().join("tests/own-app"))
        .args(["--experimental-websocket", "--test", "--test-timeout=60000"])
        .arg("hono.test.mjs")
        .env("LGX_URL", server.url())
        .output_in_time()?;
    ensure!(
        output.status.success(),
        "{}\nthe server said:\n{}",
        String::from_utf8_lossy(&output.stdout),
        server.stderr().text()
    );
    for place in ["src/app.tsx:65:9", "the stream is on fire"] {
        server.wait_for_stderr(0, &[place])?;
    }
    Ok(())
}

#[test]
fn auth_stands_before_all_of_it_unless_the_project_says_otherwise() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    configure(&project, |config| {
        config["auth"] = json!({"path": "./src/auth.ts:auth"});
    })?;
    let server = serve(&project, &["--no-reload"])?;
    let nobody = server.client();
    let ada = server.client().with_header("authorization", "Bearer ada");
    for path in ["/hello", "/threads/x", "/nowhere"] {
        let refused = nobody.get(path)?;
        ensure!(refused.status == 401, "{path}: {}", refused.status);
        ensure!(refused.header("x-app").is_none(), "{path}");
    }
    for path in ["/ok", "/info"] {
        ensure!(nobody.get(path)?.status == 200, "{path}");
    }
    let page = server
        .client()
        .with_header("origin", "http://localhost:3000")
        .with_header("access-control-request-method", "POST");
    for path in ["/hello", "/threads"] {
        let preflight = page.ask("OPTIONS", path, None)?;
        ensure!(preflight.status == 200, "{path}: {}", preflight.status);
    }
    let who = ada.get("/whoami")?.ok()?;
    ensure!(who == json!({"user": "ada", "scopes": ["shop"]}), "{who}");
    ensure!(ada.get("/hello")?.header("x-seen") == Some("ada"));
    // What it asks the server, it asks as whoever sent the request; a run as whoever started it.
    let mine = ada.post("/mine", &json!({}))?.ok()?;
    ensure!(mine["owner"] == "ada", "{mine}");
    let run = json!({"assistant_id": "agent", "input": {}});
    let ran = ada.post("/runs/wait", &run)?.ok()?;
    ensure!(ran["owner"] == "ada", "{ran}");

    drop(server);
    configure(&project, |config| {
        config["http"]["middleware_order"] = json!("middleware_first");
        config["http"]["enable_custom_route_auth"] = json!(false);
        config["http"]["mount_prefix"] = json!("/api");
    })?;
    let server = serve(&project, &["--no-reload"])?;
    let nobody = server.client();
    let who = nobody.get("/whoami")?.ok()?;
    ensure!(who == json!({"user": null, "scopes": null}), "{who}");
    let refused = nobody.get("/threads/x")?;
    ensure!(refused.status == 401, "{}", refused.status);
    ensure!(refused.header("x-app") == Some("one"));
    Ok(())
}

#[test]
fn auth_in_python_guards_it_too() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let auth = Project::copy_of("app")?.read("src/auth.py")?;
    project.write("src/auth.py", &auth)?;
    configure(&project, |config| {
        config["auth"] = json!({"path": "./src/auth.py:auth"});
    })?;
    let server = serve(&project, &["--no-reload"])?;
    let refused = server.client().get("/hello")?;
    ensure!(refused.status == 401, "{}", refused.status);
    ensure!(refused.header("www-authenticate") == Some("Bearer"));
    let ann = server.client().with_header("authorization", "Bearer ann");
    let who = ann.get("/whoami")?.ok()?;
    ensure!(who == json!({"user": "ann", "scopes": ["shop"]}), "{who}");
    let mine = ann.post("/mine", &json!({}))?.ok()?;
    ensure!(mine["owner"] == "ann", "{mine}");
    Ok(())
}

#[test]
fn a_save_serves_new_code_and_a_broken_one_leaves_the_old() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let server = serve(&project, &[])?;
    let version =
        || -> Result<Value> { Ok(server.client().get("/hello")?.ok()?["version"].clone()) };
    ensure!(version()? == "one");
    project.edit(APP, "VERSION = \"one\"", "VERSION = \"two\"")?;
    server.wait_for_stderr(0, &["Reloaded"])?;
    ensure!(version()? == "two");
    project.edit(APP, "VERSION = \"two\"", "VERSION = (\"two\"")?;
    server.wait_for_stderr(0, &["src/app.tsx:12:"])?;
    ensure!(version()? == "two");
    Ok(())
}

#[test]
fn a_stream_goes_to_its_end_in_the_code_in_which_it_began() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let source = TcpListener::bind("127.0.0.1:0")?;
    let path = format!("/ticker/{}", source.local_addr()?.port());
    let server = serve(&project, &[])?;
    let mut ticks = server.client().follow(&path)?;
    let (mut lines, _) = source.accept()?;
    let mut tick = |line: &str| -> Result<Value> {
        // In one piece: the app takes each piece for a line.
        lines.write_all(format!("{line}\n").as_bytes())?;
        Ok(ticks.next().context("the stream has ended")??.data)
    };
    ensure!(tick("first")? == "one first");
    project.edit(APP, "VERSION = \"one\"", "VERSION = \"two\"")?;
    server.wait_for_stderr(0, &["Reloaded"])?;
    ensure!(tick("second")? == "one second");
    ensure!(server.client().get("/hello")?.ok()?["version"] == "two");
    Ok(())
}

#[test]
fn one_that_cannot_be_used_stops_the_server_and_names_the_place() -> Result<()> {
    for (from, to, parts) in [
        (
            "const VERSION = \"one\";",
            "const VERSION = nothing;",
            ["app.tsx:12", "nothing is not defined"],
        ),
        (
            "export const app",
            "const app",
            ["app.tsx", "has no export `app`"],
        ),
    ] {
        let Some(project) = project()? else {
            return Ok(());
        };
        project.edit(APP, from, to)?;
        crate::refusal::refuses(&project, &parts)?;
    }
    Ok(())
}

const PYTHON_GRAPH: &str = "from typing import TypedDict

from langgraph.graph import START, StateGraph


class State(TypedDict):
    text: str


graph = StateGraph(State).add_node('say', lambda state: {'text': 'python says ' + state['text']}).add_edge(START, 'say').compile()
";

const PYTHON_APP: &str = "from fastapi import FastAPI, Request

app = FastAPI()


@app.middleware('http')
async def mark(request: Request, call_next):
    answer = await call_next(request)
    answer.headers['x-app'] = 'python'
    return answer


@app.get('/hello')
async def hello() -> dict:
    return {'text': 'hello from python'}
";

#[test]
fn app_and_graphs_may_be_in_two_languages() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    project.write("src/graph.py", PYTHON_GRAPH)?;
    configure(&project, |config| {
        config["graphs"] = json!({"agent": "./src/graph.py:graph"});
    })?;
    let says = |server: &DevServer, run: &Value, app: &str| -> Result<Value> {
        let answer = server.client().post("/runs/wait", run)?;
        ensure!(answer.header("x-app") == Some(app), "{app}");
        answer.ok()
    };
    let server = serve(&project, &["--no-reload"])?;
    let run = json!({"assistant_id": "agent", "input": {"text": "hi"}});
    let said = says(&server, &run, "one")?;
    ensure!(said["text"] == "python says hi", "{said}");
    ensure!(server.client().get("/hello")?.ok()?["version"] == "one");

    drop(server);
    project.write("src/app.py", PYTHON_APP)?;
    configure(&project, |config| {
        config["graphs"] = json!({"agent": "./src/graph.ts:graph"});
        config["http"]["app"] = json!("./src/app.py:app");
    })?;
    let server = serve(&project, &["--no-reload"])?;
    let run = json!({"assistant_id": "agent", "input": {}});
    let said = says(&server, &run, "python")?;
    ensure!(said["owner"] == "undefined", "{said}");
    ensure!(server.client().get("/hello")?.ok()?["text"] == "hello from python");
    Ok(())
}
