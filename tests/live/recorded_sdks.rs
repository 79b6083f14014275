//! The real SDKs of model providers, and langchain's packages on them, recorded and played.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use lgx_tests::{ModelAnswer, ModelProvider, ModelRequest, Project, lgx, record_env};
use serde_json::{Value, json};

const CODE: &str = r#"
import anthropic
import openai
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    by: str
    said: str


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"{city} is sunny"


def said_by_chunk(chunk):
    return chunk.choices[0].delta.content or ""


async def act(state: State):
    by = state["by"]
    messages = [{"role": "user", "content": f"hello by {by}"}]
    ask = {"model": "m", "messages": messages}
    if by == "openai-sync":
        said = openai.OpenAI().chat.completions.create(**ask).choices[0].message.content
    elif by == "openai-async":
        said = (await openai.AsyncOpenAI().chat.completions.create(**ask)).choices[0].message.content
    elif by == "openai-stream":
        stream = await openai.AsyncOpenAI().chat.completions.create(**ask, stream=True)
        said = "".join([said_by_chunk(chunk) async for chunk in stream])
    elif by == "anthropic-sync":
        said = anthropic.Anthropic().messages.create(**ask, max_tokens=9).content[0].text
    elif by == "anthropic-stream":
        async with anthropic.AsyncAnthropic().messages.stream(**ask, max_tokens=9) as stream:
            said = "".join([text async for text in stream.text_stream])
    elif by == "langchain-openai":
        said = "".join([chunk.text async for chunk in ChatOpenAI(model="m").astream(messages)])
    elif by == "langchain-openai-tools":
        model = ChatOpenAI(model="m").bind_tools([weather])
        answer = await model.ainvoke(messages)
        results = [weather.invoke(call) for call in answer.tool_calls]
        said = (await model.ainvoke([*messages, answer, *results])).text
    else:
        said = ChatAnthropic(model="m").invoke(messages).text
    return {"said": said}


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;
/// Asks for all of its arguments at once, and prints what the models said in the order of these.
const ASK: &str = r#"
import json, os, sys, urllib.request
from concurrent.futures import ThreadPoolExecutor
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def ask(by):
    body = json.dumps({"assistant_id": "agent", "input": {"by": by}}).encode()
    request = urllib.request.Request(os.environ["LGX_URL"] + "/runs/wait", body, {"content-type": "application/json"})
    return opener.open(request).read().decode()
with ThreadPoolExecutor(8) as pool:
    print(*pool.map(ask, sys.argv[1:]), sep="\n")
"#;
const OPENAI_KEY: &str = "opensesame-of-openai";
const ANTHROPIC_KEY: &str = "opensesame-of-anthropic";
const BY: [&str; 8] = [
    "openai-sync",
    "openai-async",
    "openai-stream",
    "anthropic-sync",
    "anthropic-stream",
    "langchain-openai",
    "langchain-openai-tools",
    "langchain-anthropic",
];

/// What the models say: each in the words of its provider.
fn answer(request: &ModelRequest) -> ModelAnswer {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    if request.line.contains("api.anthropic.com") {
        anthropic(&body)
    } else {
        openai(&body)
    }
}

fn openai(body: &Value) -> ModelAnswer {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let last = messages.last().cloned().unwrap_or_default();
    let part = |object: &str, key: &str, message: Value, reason: Value| {
        json!({"id": "chatcmpl-1", "object": object, "created": 1, "model": "m",
            "choices": [{"index": 0, key: message, "finish_reason": reason}]})
    };
    if body["stream"] == true {
        let pieces = ["Hel", "lo"].map(|text| {
            let delta = json!({"role": "assistant", "content": text});
            let chunk = part("chat.completion.chunk", "delta", delta, Value::Null);
            format!("data: {chunk}\n\n")
        });
        let end = "data: [DONE]\n\n".to_owned();
        return ("text/event-stream", [&pieces[..], &[end]].concat());
    }
    let (message, reason) = if body.get("tools").is_some() && last["role"] == "user" {
        let function = json!({"name": "weather", "arguments": "{\"city\": \"Paris\"}"});
        let call =
            json!({"id": "call_AbCdEfGh12345678IjKl", "type": "function", "function": function});
        (
            json!({"role": "assistant", "content": null, "tool_calls": [call]}),
            "tool_calls",
        )
    } else {
        let said = format!("heard {}", last["content"].as_str().unwrap_or_default());
        (json!({"role": "assistant", "content": said}), "stop")
    };
    let mut whole = part("chat.completion", "message", message, reason.into());
    whole["usage"] = json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5});
    ("application/json", vec![whole.to_string()])
}

fn anthropic(body: &Value) -> ModelAnswer {
    let heard = body["messages"][0]["content"].as_str().unwrap_or_default();
    let message = |content: Value| {
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content,
            "stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 3, "output_tokens": 2}})
    };
    if body["stream"] != true {
        let whole = message(json!([{"type": "text", "text": format!("heard {heard}")}]));
        return ("application/json", vec![whole.to_string()]);
    }
    let delta = |text: &str| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
    let events = [
        json!({"type": "message_start", "message": message(json!([]))}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        delta("Hel"),
        delta("lo"),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ];
    let events = events.iter().map(|event| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}\n\n")
    });
    ("text/event-stream", events.collect())
}

/// `lgx exec` with two workers; the output of the command.
fn exec(project: &Project, mode: &str, provider: Option<&ModelProvider>) -> Result<String> {
    let mut command: Command = lgx()?;
    command
        .current_dir(project.dir())
        .args(["exec", "--workers", "2", "--mode", mode])
        .args(["--", "python", "ask.py"])
        .args(BY)
        .env("LGX_PYTHON", record_env()?.python())
        .env_remove("OPENAI_API_KEY")
        .env_remove("ANTHROPIC_API_KEY")
        .stdin(Stdio::null());
    if let Some(provider) = provider {
        command.envs(provider.variables());
        command.env("OPENAI_API_KEY", OPENAI_KEY);
        command.env("ANTHROPIC_API_KEY", ANTHROPIC_KEY);
    }
    let output = command.output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{mode}: {told}");
    Ok(String::from_utf8(output.stdout)?)
}

/// All files below a folder, one text.
fn everything(folder: &std::path::Path) -> Result<String> {
    let mut text = String::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            text.push_str(&everything(&path)?);
        } else {
            text.push_str(&String::from_utf8_lossy(&fs_err::read(path)?));
        }
    }
    Ok(text)
}

#[test]
fn what_the_sdks_asked_is_played_with_retries_tools_and_streams() -> Result<()> {
    let project = Project::copy_of("bench")?;
    project.write("agent.py", CODE)?;
    project.write("ask.py", ASK)?;
    let config = json!({"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}});
    project.write("langgraph.json", &config.to_string())?;

    // Each question is told to come again before it is answered.
    let provider = ModelProvider::busy_at_first(answer)?;
    let recorded = exec(&project, "record", Some(&provider))?;
    let said: Vec<Value> = recorded
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let said: Vec<&str> = said
        .iter()
        .filter_map(|line| line["said"].as_str())
        .collect();
    let expected = [
        "heard hello by openai-sync",
        "heard hello by openai-async",
        "Hello",
        "heard hello by anthropic-sync",
        "Hello",
        "Hello",
        "heard Paris is sunny",
        "heard hello by langchain-anthropic",
    ];
    ensure!(said == expected, "{recorded}");
    let asked = provider.asked();
    ensure!(
        asked.len() == 18,
        "nine questions, each of them twice: {asked:?}"
    );
    ensure!(asked.iter().any(|request| request.key.contains(OPENAI_KEY)));
    drop(provider);

    let files = everything(&project.dir().join("cassettes"))?;
    ensure!(files.matches("\"status\": 429").count() == 9, "{files}");
    ensure!(exec(&project, "replay", None)? == recorded);
    let list = lgx()?
        .current_dir(project.dir())
        .args(["cassettes", "list", "--json"])
        .output()?;
    let list: Value = serde_json::from_slice(&list.stdout)?;
    let list = list.as_array().context("a list")?;
    ensure!(
        list.len() == 18 && list.iter().all(|it| it["used"] == true),
        "{list:?}"
    );
    let everything = everything(project.dir())?;
    for key in [OPENAI_KEY, ANTHROPIC_KEY] {
        ensure!(!everything.contains(key), "{key} is in a file");
    }
    Ok(())
}
