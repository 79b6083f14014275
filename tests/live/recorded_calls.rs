//! `lgx exec --mode`: calls of models recorded and played, in graphs that know nothing of it.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, ModelAnswer, ModelProvider, ModelRequest, python_env};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::recorded_exec::{ASK, KEYS, RecordedProject, everything};

const CODE: &str = r#"
import json
import os
import urllib.request

import httpx
import requests
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

URL = "https://api.openai.com/v1/chat/completions"


class State(TypedDict, total=False):
    by: str
    said: str


def question(by, **more):
    body = {"model": "m", "messages": [{"role": "user", "content": f"hello by {by}"}], **more}
    return body, {"authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "content-type": "application/json"}


async def act(state: State):
    by = state["by"]
    body, headers = question(by)
    if by == "httpx":
        async with httpx.AsyncClient() as client:
            return {"said": (await client.post(URL, json=body, headers=headers)).text}
    if by == "requests":
        return {"said": requests.post(URL, json=body, headers=headers).text}
    if by == "urllib":
        request = urllib.request.Request(URL, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return {"said": answer.read().decode()}
    if by == "stream":
        body, headers = question(by, stream=True)
        async with httpx.AsyncClient() as client, client.stream("POST", URL, json=body, headers=headers) as answer:
            return {"said": "|".join([line async for line in answer.aiter_lines() if line])}
    answer = httpx.post(URL, json=body, headers=headers)
    raise ValueError(answer.json()["error"]["message"])


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;
/// The same in JavaScript, by `fetch`.
const JAVASCRIPT: &str = r#"
import { Annotation, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ by: Annotation(), said: Annotation() });

async function act({ by }) {
  const answer = await fetch("https://api.openai.com/v1/chat/completions", {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: `hello by ${by}` }], stream: by === "stream" }),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(JSON.parse(said).error.message);
  return { said: said.split("\n").filter(Boolean).join("|") };
}

export const graph = new StateGraph(State).addNode("act", act).addEdge(START, "act").compile();
"#;
/// A project whose jobs have a summary and annotations.
fn in_a_workflow(mut place: RecordedProject) -> RecordedProject {
    let summary = summary(&place).display().to_string();
    place.flags = vec!["--summary".to_owned()];
    place.variables = vec![
        ("GITHUB_STEP_SUMMARY", summary),
        ("GITHUB_ACTIONS", "true".to_owned()),
    ];
    place
}

fn python() -> Result<RecordedProject> {
    let place = RecordedProject::in_python(CODE, &python_env()?)?;
    Ok(in_a_workflow(place))
}

/// The same in JavaScript; none where there is no Node.
fn javascript() -> Result<Option<RecordedProject>> {
    let Some(project) = crate::javascript::project()? else {
        return Ok(None);
    };
    project.write("src/model.mjs", JAVASCRIPT)?;
    let config = json!({"graphs": {"agent": "./src/model.mjs:graph"}});
    project.write("langgraph.json", &config.to_string())?;
    let place = RecordedProject::of(project, &python_env()?)?;
    Ok(Some(in_a_workflow(place)))
}

fn summary(place: &RecordedProject) -> PathBuf {
    place.project.dir().join("summary.md")
}

/// How many calls are recorded, and that no key is in them.
fn recorded_calls(place: &RecordedProject) -> Result<usize> {
    let files = everything(&place.cassettes())?;
    ensure!(KEYS.iter().all(|(_, key)| !files.contains(key)), "{files}");
    Ok(files.matches("\"lgx\": 1").count())
}

/// What the models of the test say.
fn answer(request: &ModelRequest) -> ModelAnswer {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let heard = &body["messages"][0]["content"];
    if body["stream"] == true {
        let pieces = ["one", "two", "[DONE]"];
        let pieces = pieces.map(|piece| format!("data: {piece}\n\n"));
        return ("text/event-stream", pieces.to_vec());
    }
    let said = json!({"choices": [{"message": {"role": "assistant", "content": heard}}]});
    ("application/json", vec![said.to_string()])
}

#[test]
fn what_was_recorded_is_played_without_a_key_and_without_the_provider() -> Result<()> {
    let place = python()?;
    let by = ["httpx", "requests", "urllib", "stream"];
    let provider = ModelProvider::start(answer)?;
    let recorded = place.exec("record", Some(&provider), &by)?;
    ensure!(recorded.code == Some(0), "{}", recorded.stderr);
    for said in ["hello by httpx", "hello by requests", "hello by urllib"] {
        ensure!(recorded.stdout.contains(said), "{}", recorded.stdout);
    }
    let stream = "data: one|data: two|data: [DONE]";
    ensure!(recorded.stdout.contains(stream), "{}", recorded.stdout);
    let note = "note: 4 calls recorded in cassettes";
    ensure!(recorded.stderr.contains(note), "{}", recorded.stderr);
    let asked = provider.asked();
    ensure!(asked.len() == 4, "{asked:?}");
    let (_, key) = KEYS[0];
    ensure!(
        asked.iter().all(|it| it.key == format!("Bearer {key}")
            && it.line == "POST https://api.openai.com/v1/chat/completions HTTP/1.1"),
        "{asked:?}"
    );
    ensure!(recorded_calls(&place)? == 4);

    place.plays(&recorded, &by)?;
    ensure!(provider.asked().len() == 4, "nobody is asked");
    let summary = fs_err::read_to_string(summary(&place))?;
    for line in [
        "Recorded calls of models: 0 played, 4 new, 0 missing, 0 not used.",
        "Recorded calls of models: 4 played, 0 new, 0 missing, 0 not used.",
    ] {
        ensure!(summary.contains(line), "{summary}");
    }
    Ok(())
}

#[test]
fn a_call_that_is_not_recorded_fails_its_run_with_what_is_nearest() -> Result<()> {
    let place = python()?;
    let provider = ModelProvider::start(answer)?;
    let recorded = place.exec("record", Some(&provider), &["httpx"])?;
    ensure!(recorded.code == Some(0), "{}", recorded.stderr);

    let missed = place.exec("replay", None, &["nothing"])?;
    for said in [
        "no recording for POST api.openai.com/v1/chat/completions",
        "hello by httpx",
        "hello by nothing",
    ] {
        ensure!(missed.stdout.contains(said), "{}", missed.stdout);
        ensure!(missed.stderr.contains(said), "{}", missed.stderr);
    }
    let hint = "hint: `lgx exec --mode auto -- python ask.py nothing` records it";
    ensure!(missed.stderr.contains(hint), "{}", missed.stderr);
    let annotation = "::error title=A call of a model is not recorded::no recording for POST api";
    ensure!(missed.stderr.contains(annotation), "{}", missed.stderr);
    // The command does not mind what its runs end with.
    ensure!(missed.code == Some(1), "{:?}", missed.code);
    let end = "error: 1 call of a model was not answered by a recording; this is exit code 1, though the command ended with 0";
    ensure!(missed.stderr.contains(end), "{}", missed.stderr);
    place
        .project
        .write("ask.py", &format!("{ASK}\nsys.exit(7)"))?;
    let failed = place.exec("replay", None, &["nothing", "other"])?;
    ensure!(failed.code == Some(7), "{:?}", failed.code);
    let end = "error: 2 calls of models were not answered by a recording\n";
    ensure!(failed.stderr.contains(end), "{}", failed.stderr);
    let summary = fs_err::read_to_string(summary(&place))?;
    ensure!(summary.contains("2 missing"), "{summary}");
    Ok(())
}

#[test]
fn without_a_mode_nothing_is_recorded() -> Result<()> {
    let place = python()?;
    let provider = ModelProvider::start(answer)?;
    let ran = place.exec("off", Some(&provider), &["httpx"])?;
    ensure!(ran.code == Some(0), "{}", ran.stderr);
    ensure!(ran.stdout.contains("hello by httpx"), "{}", ran.stdout);
    ensure!(!place.project.dir().join("cassettes").exists());
    Ok(())
}

#[test]
fn fetch_in_javascript_is_recorded_and_played_too() -> Result<()> {
    let Some(place) = javascript()? else {
        return Ok(());
    };
    let provider = ModelProvider::start(answer)?;
    let by = ["fetch", "stream"];
    let recorded = place.exec("record", Some(&provider), &by)?;
    ensure!(recorded.code == Some(0), "{}", recorded.stderr);
    for said in ["hello by fetch", "data: one|data: two|data: [DONE]"] {
        ensure!(recorded.stdout.contains(said), "{}", recorded.stdout);
    }
    ensure!(provider.asked().len() == 2, "{:?}", provider.asked());
    ensure!(recorded_calls(&place)? == 2);

    place.plays(&recorded, &by)?;
    let missed = place.exec("replay", None, &["nothing"])?;
    let said = "no recording for POST api.openai.com/v1/chat/completions";
    ensure!(missed.stdout.contains(said), "{}", missed.stdout);
    ensure!(provider.asked().len() == 2, "nobody is asked");
    Ok(())
}

#[test]
fn while_editing_a_question_is_asked_once_and_without_it_nothing_is_there() -> Result<()> {
    let place = python()?;
    let provider = ModelProvider::start(answer)?;
    for (arguments, asked) in [(&["--record"][..], 1), (&[], 3)] {
        let mut command = DevServer::command(&place.project, arguments)?;
        command.envs(provider.variables());
        command.env(KEYS[0].0, KEYS[0].1);
        command.env("LGX_PYTHON", python_env()?.python());
        let server = DevServer::spawn(command)?;
        for _ in 0..2 {
            let body = json!({"assistant_id": "agent", "input": {"by": "httpx"}});
            let said = server.client().post("/runs/wait", &body)?.ok()?;
            ensure!(said.to_string().contains("hello by httpx"), "{said}");
        }
        let all = provider.asked();
        ensure!(all.len() == asked, "{all:?}");
        let records = !arguments.is_empty();
        if records {
            let row = "Record    cassettes (calls of models are recorded here, and played)";
            server.wait_for_stderr(0, &[row])?;
        }
        let state = place.project.dir().join(".lgx/record");
        ensure!(state.exists() == records, "of {arguments:?}");
        server.stop(Signal::TERM)?;
        fs_err::remove_dir_all(place.project.dir().join(".lgx"))?;
    }
    Ok(())
}
