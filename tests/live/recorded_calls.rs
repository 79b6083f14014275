//! `lgx exec --mode`: calls of models recorded and played, in graphs that know nothing of it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, ModelAnswer, ModelProvider, ModelRequest, Project, lgx, python_env};
use rustix::process::Signal;
use serde_json::{Value, json};

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
/// Asks for a run by each of its arguments, and prints what the model said.
const ASK: &str = r#"
import json, os, sys, urllib.request
assert "LGX_RECORDS" not in os.environ and "NODE_USE_ENV_PROXY" not in os.environ
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for by in sys.argv[1:]:
    body = json.dumps({"assistant_id": "agent", "input": {"by": by}}).encode()
    request = urllib.request.Request(os.environ["LGX_URL"] + "/runs/wait", body, {"content-type": "application/json"})
    print(opener.open(request).read().decode())
"#;
const KEY: &str = "sk-of-the-test-0123456789";

struct Place {
    project: Project,
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Result<Self> {
        let project = Project::copy_of("bench")?;
        project.write("agent.py", CODE)?;
        project.write("ask.py", ASK)?;
        let config = json!({"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}});
        project.write("langgraph.json", &config.to_string())?;
        Ok(Self { project })
    }

    /// The same in JavaScript; none where there is no Node.
    fn in_javascript() -> Result<Option<Self>> {
        let Some(project) = crate::javascript::project()? else {
            return Ok(None);
        };
        project.write("src/model.mjs", JAVASCRIPT)?;
        project.write("ask.py", ASK)?;
        let config = json!({"graphs": {"agent": "./src/model.mjs:graph"}});
        project.write("langgraph.json", &config.to_string())?;
        Ok(Some(Self { project }))
    }

    /// `lgx exec` in this mode, with a graph that calls a model by each of these.
    fn exec(&self, mode: &str, provider: Option<&ModelProvider>, by: &[&str]) -> Result<Ran> {
        let mut command: Command = lgx()?;
        command
            .current_dir(self.project.dir())
            .args(["exec", "--mode", mode, "--summary"])
            .args(["--", "python", "ask.py"])
            .args(by)
            .env("LGX_PYTHON", python_env()?.python())
            .env("GITHUB_STEP_SUMMARY", self.summary())
            .env("GITHUB_ACTIONS", "true")
            .env_remove("OPENAI_API_KEY")
            .stdin(Stdio::null());
        if let Some(provider) = provider {
            command.envs(provider.variables());
            command.env("OPENAI_API_KEY", KEY);
        }
        let output = command.output()?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok(Ran {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        })
    }

    fn summary(&self) -> PathBuf {
        self.project.dir().join("summary.md")
    }

    /// What was recorded, file by file.
    fn recorded(&self) -> Result<Vec<String>> {
        let folder = self.project.dir().join("cassettes/api.openai.com");
        let files = fs_err::read_dir(folder)?;
        files
            .map(|file| Ok(fs_err::read_to_string(file?.path())?))
            .collect()
    }
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
    let place = Place::new()?;
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
    ensure!(
        asked.iter().all(|it| it.key == format!("Bearer {KEY}")
            && it.line == "POST https://api.openai.com/v1/chat/completions HTTP/1.1"),
        "{asked:?}"
    );
    let files = place.recorded()?;
    ensure!(files.len() == 4 && files.iter().all(|file| !file.contains(KEY)));

    let played = place.exec("replay", None, &by)?;
    ensure!(played.code == Some(0), "{}", played.stderr);
    ensure!(played.stdout == recorded.stdout, "{}", played.stdout);
    ensure!(provider.asked().len() == 4, "nobody is asked");
    let summary = fs_err::read_to_string(place.summary())?;
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
    let place = Place::new()?;
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
    let summary = fs_err::read_to_string(place.summary())?;
    ensure!(summary.contains("2 missing"), "{summary}");
    Ok(())
}

#[test]
fn without_a_mode_nothing_is_recorded() -> Result<()> {
    let place = Place::new()?;
    let provider = ModelProvider::start(answer)?;
    let ran = place.exec("off", Some(&provider), &["httpx"])?;
    ensure!(ran.code == Some(0), "{}", ran.stderr);
    ensure!(ran.stdout.contains("hello by httpx"), "{}", ran.stdout);
    ensure!(!place.project.dir().join("cassettes").exists());
    Ok(())
}

#[test]
fn fetch_in_javascript_is_recorded_and_played_too() -> Result<()> {
    let Some(place) = Place::in_javascript()? else {
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
    ensure!(place.recorded()?.len() == 2);

    let played = place.exec("replay", None, &by)?;
    ensure!(played.stdout == recorded.stdout, "{}", played.stdout);
    let missed = place.exec("replay", None, &["nothing"])?;
    let said = "no recording for POST api.openai.com/v1/chat/completions";
    ensure!(missed.stdout.contains(said), "{}", missed.stdout);
    ensure!(provider.asked().len() == 2, "nobody is asked");
    Ok(())
}

#[test]
fn while_editing_a_question_is_asked_once_and_without_it_nothing_is_there() -> Result<()> {
    let place = Place::new()?;
    let provider = ModelProvider::start(answer)?;
    for (arguments, asked) in [(&["--record"][..], 1), (&[], 3)] {
        let mut command = DevServer::command(&place.project, arguments)?;
        command.envs(provider.variables());
        command.env("OPENAI_API_KEY", KEY);
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
