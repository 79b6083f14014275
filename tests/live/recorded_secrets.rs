//! Secrets in every place that a call of a model has: none of them is in a recording, in the state, or on the terminal.

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, ModelAnswer, ModelProvider, ModelRequest, record_env};
use rustix::process::Signal;
use serde_json::json;

use crate::recorded_answers;
use crate::recorded_exec::{KEYS, RecordedProject, everything};

const CODE: &str = r#"
import os

import httpx
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

URL = "https://api.openai.com/v1/chat/completions"


class State(TypedDict, total=False):
    by: str
    said: str


async def act(state: State):
    by = state["by"]
    planted = {name: value for name, value in os.environ.items() if name.startswith("PLANTED_")}
    headers = {
        "authorization": f"Bearer {os.environ['OPENAI_API_KEY']}",
        "x-api-key": os.environ["ANTHROPIC_API_KEY"],
        "x-goog-api-key": os.environ["GOOGLE_API_KEY"],
        "x-gateway-auth": planted["PLANTED_HEADER"],
        "cookie": f"session={planted['PLANTED_COOKIE']}",
        "proxy-authorization": planted["PLANTED_PROXY"],
    }
    query = {"key": planted["PLANTED_QUERY"], "access_token": planted["PLANTED_TOKEN"], "alt": "sse"}
    question = f"hello by {by}"
    if by == "langchain":
        model = ChatOpenAI(model="m", default_headers={"x-gateway-auth": planted["PLANTED_HEADER"]}, default_query=query)
        return {"said": str((await model.ainvoke(question)).text)}
    if by == "key-in-body":
        question = f"what is {os.environ['OPENAI_API_KEY']}?"
    elif by == "header-in-body":
        question = f"what is {planted['PLANTED_HEADER']}?"
    elif by == "cookie-in-body":
        question = f"what is {planted['PLANTED_COOKIE']}?"
    elif by == "query-in-body":
        question = f"what is {planted['PLANTED_QUERY']}?"
    elif by == "shape-in-body":
        question = f"what is {planted['PLANTED_SHAPE']}?"
    elif by == "shape-in-answer":
        question = "tell me a key"
    body = {"model": "m", "messages": [{"role": "user", "content": question}], "stream": by == "stream"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(URL, params=query, headers=headers, json=body)
    return {"said": str(answer.status_code)}


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;
/// What is planted, beside the keys of providers.
const PLANTED: [(&str, &str); 5] = [
    ("PLANTED_HEADER", "planted-in-a-header"),
    ("PLANTED_COOKIE", "planted-in-a-cookie"),
    ("PLANTED_PROXY", "planted-for-a-proxy"),
    ("PLANTED_QUERY", "planted-in-the-query"),
    ("PLANTED_TOKEN", "planted-as-a-token"),
];
/// By which ways a call is recorded, and by which it is not.
const KEPT: [&str; 3] = ["whole", "stream", "langchain"];
const NOT_KEPT: [&str; 6] = [
    "key-in-body",
    "header-in-body",
    "cookie-in-body",
    "query-in-body",
    "shape-in-body",
    "shape-in-answer",
];

/// A key by its shape. It is put together here, so that no scanner takes this file for a leak.
fn shape() -> String {
    format!("sk-proj-{}", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4")
}

fn secrets() -> Vec<String> {
    let planted = PLANTED.map(|(_, value)| value.to_owned());
    let keys = KEYS.map(|(_, key)| key.to_owned());
    let of_the_answer = ModelProvider::COOKIE.to_owned();
    [&planted[..], &keys, &[shape(), of_the_answer]].concat()
}

fn answer(request: &ModelRequest) -> ModelAnswer {
    if request.body.contains("tell me a key") {
        let said = json!({"choices": [{"message": {"role": "assistant", "content": shape()}}]});
        return ("application/json", vec![said.to_string()]);
    }
    recorded_answers::answer(request)
}

fn place() -> Result<RecordedProject> {
    let mut place = RecordedProject::in_python(CODE, &record_env()?)?;
    let planted = PLANTED.map(|(name, value)| (name, value.to_owned()));
    place.variables.extend(planted);
    place.variables.push(("PLANTED_SHAPE", shape()));
    Ok(place)
}

/// Fails if one of the secrets is in what was written or said.
fn has_none(what: &str, text: &str) -> Result<()> {
    for secret in secrets() {
        let Some(at) = text.find(&secret) else {
            continue;
        };
        let around: String = text[..at].chars().rev().take(200).collect();
        let around: String = around.chars().rev().collect();
        anyhow::bail!("{secret} is in {what}, after: {around}");
    }
    Ok(())
}

#[test]
fn no_secret_of_a_call_is_written_or_told_by_exec() -> Result<()> {
    let mut place = place()?;
    place.flags.push("--verbose".to_owned());
    place.flags.push("--server-log-level=debug".to_owned());
    let state = tempfile::tempdir()?;
    place
        .flags
        .push(format!("--state-dir={}", state.path().display()));
    let provider = ModelProvider::start(answer)?;
    let by = [&KEPT[..], &NOT_KEPT].concat();
    let ran = place.exec("record", Some(&provider), &by)?;
    ran.said()?;
    let first = &provider.asked()[0];
    ensure!(first.line.contains("api.openai.com"), "{first:?}");
    for by in NOT_KEPT {
        ensure!(ran.stdout.contains(by), "{}", ran.stdout);
    }
    // Each reason once.
    let refused = ran.stderr.matches(" is not recorded: ").count();
    ensure!(refused == 3, "{}", ran.stderr);
    has_none("what was said", &format!("{}{}", ran.stdout, ran.stderr))?;
    let cassettes = everything(&place.cassettes())?;
    ensure!(
        cassettes.matches("\"lgx\": 1").count() == KEPT.len()
            && cassettes.contains("hello by whole"),
        "{cassettes}"
    );
    has_none("a recording", &cassettes)?;
    let kept = everything(state.path())?;
    ensure!(kept.contains("key-in-body") && kept.contains("SQLite format 3"));
    has_none("the state", &kept)
}

#[test]
fn no_secret_of_a_call_is_written_or_told_while_editing() -> Result<()> {
    let place = place()?;
    let provider = ModelProvider::start(answer)?;
    let mut command = DevServer::command(&place.project, &["--record"])?;
    command
        .envs(provider.variables())
        .envs(KEYS)
        .envs(place.variables.clone())
        .env("LGX_PYTHON", record_env()?.python());
    let server = DevServer::spawn(command)?;
    for by in KEPT.iter().chain(&NOT_KEPT) {
        let body = json!({"assistant_id": "agent", "input": {"by": by}});
        let said = server.client().post("/runs/wait", &body)?.ok()?;
        ensure!(said["said"].is_string(), "{said}");
    }
    let said = server.stderr().text();
    has_none("what was said", &said)?;
    // While it runs, what is in the log of the databases too.
    has_none("the project", &everything(place.project.dir())?)?;
    server.stop(Signal::TERM)?;
    let written = everything(place.project.dir())?;
    ensure!(written.contains("SQLite format 3") && written.contains("hello by whole"));
    has_none("the project", &written)
}
