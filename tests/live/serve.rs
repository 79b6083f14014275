//! `lgx serve`: closed without auth, nothing of development, lines of JSON, and a stop that lets runs come to their end.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, EndsInTime, Lines, Project, python_env};
use rustix::process::Signal;
use serde_json::{Value, json};

/// A run of it is at work until there is a file `go` beside it; its first node is done by then.
pub(crate) const PATIENT: &str = r#"
import asyncio
import pathlib

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

GO = pathlib.Path(__file__).with_name("go")


class State(TypedDict, total=False):
    prepared: int
    worked: bool


async def prepare(state: State) -> State:
    return {"prepared": state.get("prepared", 0) + 1}


async def work(state: State) -> State:
    while not GO.exists():
        await asyncio.sleep(0.05)
    return {"worked": True}


graph = StateGraph(State).add_sequence([prepare, work]).add_edge(START, "prepare").compile()
"#;

const SDK: &str = r#"
import asyncio, sys
from langgraph_sdk import get_client
from langgraph_sdk.errors import AuthenticationError


async def main(url):
    alice = get_client(url=url, headers={"authorization": "Bearer alice"})
    thread = await alice.threads.create()
    print((await alice.runs.wait(thread["thread_id"], "whoami", input={}))["seen"]["identity"])
    bob = get_client(url=url, headers={"authorization": "Bearer bob"})
    print(len(await bob.threads.search()))
    try:
        await get_client(url=url, headers={"x-auth-scheme": "langsmith"}).threads.search()
    except AuthenticationError as error:
        print(error.response.status_code)


asyncio.run(main(sys.argv[1]))
"#;

/// The command that serves a project in production on any free port.
fn command(project: &Project, arguments: &[&str]) -> Result<Command> {
    let mut command = DevServer::production(project, arguments)?;
    command.env("LGX_PYTHON", python_env()?.python());
    Ok(command)
}

fn serve(project: &Project, arguments: &[&str]) -> Result<DevServer> {
    DevServer::spawn(command(project, arguments)?)
}

fn alice(server: &DevServer) -> Client {
    server.client().with_header("authorization", "Bearer alice")
}

/// All that it has said, each line of which is an object with a time, a level, a name and a message.
fn records(stderr: &Lines) -> Result<Vec<Value>> {
    let text = stderr.text();
    let records = text.lines().map(|line| {
        let record: Value = serde_json::from_str(line).with_context(|| format!("in {line}"))?;
        for key in ["time", "level", "event", "message"] {
            ensure!(record[key].is_string(), "no {key} in {line}");
        }
        Ok(record)
    });
    records.collect()
}

/// The thread, and the events of a run of this graph on it, whose first event has come.
fn begun(client: &Client, body: &Value) -> Result<(String, lgx_tests::Events)> {
    let thread = client.new_thread()?;
    let mut events = client.events(&format!("/threads/{thread}/runs/stream"), body)?;
    events.next().context("the run begins")??;
    Ok((thread, events))
}

#[test]
fn auth_that_does_not_load_is_no_server_without_auth() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.edit(
        "src/auth.py",
        "auth = Auth()\n",
        "auth = Auth()\nnonsense()\n",
    )?;
    for arguments in [&[][..], &["--no-auth"]] {
        let output = command(&project, arguments)?.output_in_time()?;
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        let last = told.lines().last().context("it says why")?;
        let last: Value = serde_json::from_str(last)?;
        assert_eq!(
            (&last["level"], &last["event"]),
            (&json!("error"), &json!("failed"))
        );
        let message = last["message"].as_str().unwrap_or_default();
        ensure!(message.contains("auth.py:6"), "{message}");
    }
    Ok(())
}

#[test]
fn a_graph_that_does_not_load_ends_the_start_unless_the_rest_is_to_be_served() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.write("src/slow.py", "graph = = 1\n")?;
    let output = command(&project, &[])?.output_in_time()?;
    assert_eq!(output.status.code(), Some(1));
    let server = serve(&project, &["--no-strict"])?;
    assert_eq!(server.ready_line()["failed"], json!(["slow"]));
    Ok(())
}

#[test]
fn nothing_of_development_is_there_and_all_that_is_said_is_json() -> Result<()> {
    let project = Project::copy_of("auth")?;
    // An image has none: variables come from whoever starts it.
    project.edit(
        "langgraph.json",
        "\"dependencies\"",
        "\"env\": \".env\", \"dependencies\"",
    )?;
    let arguments = ["--instance-name", "api-1", "--server-log-level", "debug"];
    let server = serve(&project, &arguments)?;
    let (nobody, alice) = (server.client(), alice(&server));
    let studio = server
        .client()
        .with_header("x-auth-scheme", "langsmith")
        .with_header("x-lgx-studio", "1");
    for client in [&nobody, &studio] {
        assert_eq!(client.post("/threads", &json!({}))?.status, 401);
    }
    let all = json!({"threads": true});
    assert_eq!(alice.post("/internal/truncate", &all)?.status, 404);
    for path in ["/studio/", "/lgx/project"] {
        assert_eq!(alice.get(path)?.status, 404, "{path}");
    }
    let balanced = alice.clone().with_header("host", "api.example");
    let thread = balanced.new_thread()?;
    for (origin, status) in [
        ("http://localhost:3000", 403),
        ("https://smith.langchain.com", 403),
        ("https://api.example", 200),
    ] {
        let page = balanced.clone().with_header("origin", origin);
        assert_eq!(
            page.post("/threads", &json!({}))?.status,
            status,
            "{origin}"
        );
    }
    let body = json!({"assistant_id": "slow", "input": {"seconds": 0}});
    let run = format!("/threads/{thread}/runs/wait");
    alice.post(&run, &body)?.ok()?;
    let metrics = nobody.get("/metrics")?.body;
    let samples = metrics.lines().filter(|line| !line.starts_with('#'));
    for sample in samples {
        ensure!(sample.contains(r#"{instance="api-1""#), "{sample}");
    }

    server.wait_for_stderr(0, &[r#""event":"run_ended""#, r#""graph_id":"slow""#])?;
    let records = records(server.stderr())?;
    let of = |event: &'static str| {
        let records = records.iter();
        records.filter(move |record| record["event"] == event)
    };
    let refused = of("request").filter(|record| record["status"] == 401);
    assert_eq!(refused.count(), 2);
    let listening = of("listening").next().context("it says where")?;
    assert_eq!(listening["auth"], "src/auth.py:auth");
    assert_eq!(
        of("config").count(),
        0,
        "no file of variables is no problem"
    );
    assert_eq!(of("ready").next().context("it is ready")?["graphs"], 3);
    Ok(())
}

#[test]
fn the_sdk_works_with_a_token_and_not_by_the_header_of_studio() -> Result<()> {
    let project = Project::copy_of("auth")?;
    let server = serve(&project, &["--workers", "2"])?;
    let output = Command::new(python_env()?.python())
        .args(["-c", SDK, server.url()])
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "alice\n0\n401\n",
        "{told}"
    );
    Ok(())
}

#[test]
fn a_run_that_ends_in_time_is_waited_for_and_its_client_gets_the_answer() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.write("src/slow.py", PATIENT)?;
    let server = serve(&project, &["--drain", "10m"])?;
    let alice = alice(&server);
    assert_eq!(alice.get("/ok?ready=1")?.status, 200);
    let ready_file = server.ready_file().to_owned();
    let body = json!({"assistant_id": "slow", "input": {}, "stream_mode": "values"});
    let (thread, events) = begun(&alice, &body)?;

    server.signal(Signal::TERM)?;
    server.wait_for_stderr(0, &[r#""event":"draining""#, r#""runs":1"#])?;
    assert!(!ready_file.exists());
    let ready = alice.get("/ok?ready=1")?;
    assert_eq!(
        (ready.status, ready.header("connection")),
        (503, Some("close"))
    );
    assert_eq!(alice.get("/ok")?.status, 200);
    // Who was sent here all the same is served.
    let other = json!({"assistant_id": "whoami", "input": {}});
    let answer = alice.post("/runs/wait", &other)?.ok()?;
    assert_eq!(answer["seen"]["identity"], "alice", "{answer}");

    project.write("src/go", "")?;
    let events = events.collect::<Result<Vec<_>>>()?;
    let last = events.last().context("the run goes on")?;
    assert_eq!(
        (&*last.event, &last.data["worked"]),
        ("values", &json!(true))
    );
    let stderr = server.stderr().clone();
    ensure!(server.wait()?.success(), "{}", stderr.text());
    let records = records(&stderr)?;
    assert!(
        records
            .iter()
            .all(|record| record["event"] != "handed_back")
    );

    let server = serve(&project, &[])?;
    let runs = self::alice(&server).get(&format!("/threads/{thread}/runs"))?;
    assert_eq!(runs.ok()?[0]["status"], "success");
    Ok(())
}

#[test]
fn a_run_that_does_not_goes_on_at_the_next_start_from_its_last_checkpoint() -> Result<()> {
    let project = Project::copy_of("bench")?;
    project.write("patient.py", PATIENT)?;
    project.write(
        "langgraph.json",
        r#"{"dependencies": ["."], "graphs": {"patient": "./patient.py:graph"}}"#,
    )?;
    let server = serve(&project, &["--no-auth", "--drain", "1s"])?;
    let client = server.client();
    let body = json!({"assistant_id": "patient", "input": {}, "stream_mode": "updates", "durability": "sync"});
    let (thread, mut events) = begun(&client, &body)?;
    let prepared = events.next().context("the first node ends")??;
    assert_eq!(prepared.data["prepare"]["prepared"], 1, "{prepared:?}");

    server.signal(Signal::TERM)?;
    server.wait_for_stderr(0, &[r#""event":"handed_back""#, r#""runs":1"#])?;
    let last = events.last().context("its client is told")??;
    assert_eq!(last.data["error"], "ServerStopped", "{last:?}");
    ensure!(server.wait()?.success());

    project.write("go", "")?;
    let server = serve(&project, &["--no-auth"])?;
    server.wait_for_stderr(0, &[r#""event":"left_runs""#, r#""runs":1"#])?;
    let client = server.client();
    let runs = client.get(&format!("/threads/{thread}/runs"))?.ok()?;
    let run = runs[0]["run_id"].as_str().context("the run is there")?;
    let joined = client.get(&format!("/threads/{thread}/runs/{run}/join"))?;
    assert_eq!(joined.ok()?, json!({"prepared": 1, "worked": true}));
    Ok(())
}

#[test]
fn a_second_signal_ends_it_at_once() -> Result<()> {
    for second in [Signal::TERM, Signal::INT] {
        let project = Project::copy_of("auth")?;
        let server = serve(&project, &["--drain", "10m"])?;
        let body = json!({"assistant_id": "slow", "input": {"seconds": 600}});
        let (_, events) = begun(&alice(&server), &body)?;
        server.signal(Signal::TERM)?;
        server.wait_for_stderr(0, &[r#""event":"draining""#])?;
        // A server that went on waiting would fail the test by its patience.
        let status = server.stop(second)?;
        ensure!(matches!(status.code(), Some(0 | 130)), "{status}");
        drop(events);
    }
    Ok(())
}
