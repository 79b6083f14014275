//! The real SDKs of model providers, and langchain's packages on them, recorded and played.

use anyhow::{Context, Result, ensure};
use lgx_tests::{EndsInTime, ModelProvider, lgx, record_env};
use serde_json::Value;

use crate::recorded_answers::answer;
use crate::recorded_exec::{KEYS, RecordedProject, everything};

const CODE: &str = r#"
import anthropic
import openai
from google import genai
from google.genai import types
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from mistralai.client import Mistral
from mistralai.client.utils import BackoffStrategy, RetryConfig
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    by: str
    said: str


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"{city} is sunny"


TOOL = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


def said_by_chunk(chunk):
    return chunk.choices[0].delta.content or ""


def called(name, arguments):
    return f"{name} {arguments}"


def mistral():
    return Mistral(retry_config=RetryConfig("backoff", BackoffStrategy(1, 20, 1.1, 5000), True))


def google():
    retry = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.02)
    return genai.Client(http_options=types.HttpOptions(retry_options=retry))


async def by_openai(by, ask, messages):
    if by == "openai-sync":
        return openai.OpenAI().chat.completions.create(**ask).choices[0].message.content
    if by == "openai-async":
        return (await openai.AsyncOpenAI().chat.completions.create(**ask)).choices[0].message.content
    if by == "openai-stream":
        stream = await openai.AsyncOpenAI().chat.completions.create(**ask, stream=True)
        return "".join([said_by_chunk(chunk) async for chunk in stream])
    if by == "openai-responses":
        return (await openai.AsyncOpenAI().responses.create(model="m", input=messages[0]["content"])).output_text
    with openai.OpenAI().responses.stream(model="m", input=messages[0]["content"]) as stream:
        return "".join(event.delta for event in stream if event.type == "response.output_text.delta")


async def by_anthropic(by, ask, messages):
    if by == "anthropic-sync":
        return anthropic.Anthropic().messages.create(**ask, max_tokens=9).content[0].text
    if by == "anthropic-stream":
        async with anthropic.AsyncAnthropic().messages.stream(**ask, max_tokens=9) as stream:
            return "".join([text async for text in stream.text_stream])
    with anthropic.Anthropic().messages.stream(**ask, max_tokens=9, tools=[TOOL]) as stream:
        call = stream.get_final_message().content[0]
    return called(call.name, call.input)


async def by_google(by, ask, messages):
    client, text = google(), messages[0]["content"]
    if by == "google-sync":
        return client.models.generate_content(model="m", contents=text).text
    if by == "google-async":
        return (await client.aio.models.generate_content(model="m", contents=text)).text
    stream = await client.aio.models.generate_content_stream(model="m", contents=text)
    return "".join([chunk.text async for chunk in stream])


async def by_mistral(by, ask, messages):
    if by == "mistral-sync":
        return mistral().chat.complete(**ask).choices[0].message.content
    if by == "mistral-async":
        return (await mistral().chat.complete_async(**ask)).choices[0].message.content
    stream = await mistral().chat.stream_async(**ask)
    return "".join([said_by_chunk(event.data) async for event in stream])


async def by_langchain(by, ask, messages):
    if by == "langchain-openai":
        return "".join([chunk.text async for chunk in ChatOpenAI(model="m").astream(messages)])
    if by == "langchain-anthropic":
        return ChatAnthropic(model="m").invoke(messages).text
    model = ChatOpenAI(model="m").bind_tools([weather])
    if by == "langchain-openai-tools":
        answer = await model.ainvoke(messages)
    else:
        answer = None
        async for chunk in model.astream(messages):
            answer = chunk if answer is None else answer + chunk
    results = [weather.invoke(call) for call in answer.tool_calls]
    return (await model.ainvoke([*messages, answer, *results])).text


PROVIDERS = [by_openai, by_anthropic, by_google, by_mistral, by_langchain]


async def act(state: State):
    by = state["by"]
    messages = [{"role": "user", "content": f"hello by {by}"}]
    provider = next(provider for provider in PROVIDERS if provider.__name__[3:] == by.split("-")[0])
    return {"said": await provider(by, {"model": "m", "messages": messages}, messages)}


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;
/// By whom models are called, and what they say.
const SAID: [(&str, &str); 18] = [
    ("openai-sync", "heard hello by openai-sync"),
    ("openai-async", "heard hello by openai-async"),
    ("openai-stream", "Hello"),
    ("openai-responses", "heard hello by openai-responses"),
    ("openai-responses-stream", "Hello"),
    ("anthropic-sync", "heard hello by anthropic-sync"),
    ("anthropic-stream", "Hello"),
    ("anthropic-stream-tools", "weather {'city': 'Paris'}"),
    ("google-sync", "heard hello by google-sync"),
    ("google-async", "heard hello by google-async"),
    ("google-stream", "Hello"),
    ("mistral-sync", "heard hello by mistral-sync"),
    ("mistral-async", "heard hello by mistral-async"),
    ("mistral-stream", "Hello"),
    ("langchain-openai", "Hello"),
    ("langchain-openai-tools", "heard Paris is sunny"),
    ("langchain-openai-stream-tools", "heard Paris is sunny"),
    ("langchain-anthropic", "heard hello by langchain-anthropic"),
];
/// The last two of tools are asked twice each: for the call, and for what its result means.
const QUESTIONS: usize = SAID.len() + 2;

/// Records all of it, each question being sent away with this status at first, and plays it.
fn recorded_and_played(status: u16) -> Result<RecordedProject> {
    let by = SAID.map(|(by, _)| by);
    let place = RecordedProject::in_python(CODE, &record_env()?)?;
    let provider = ModelProvider::failing_at_first(status, answer)?;
    let recorded = place.exec("record", Some(&provider), &by)?;
    ensure!(
        recorded.said()? == SAID.map(|(_, said)| said),
        "{}",
        recorded.stdout
    );
    let asked = provider.asked();
    ensure!(asked.len() == 2 * QUESTIONS, "each twice: {asked:#?}");
    let (_, key) = KEYS[0];
    ensure!(asked.iter().any(|request| request.key.contains(key)));
    drop(provider);

    let files = everything(&place.cassettes())?;
    let failures = files.matches(&format!("\"status\": {status}")).count();
    ensure!(failures == QUESTIONS, "{files}");
    place.plays(&recorded, &by)?;
    Ok(place)
}

#[test]
fn what_the_sdks_asked_is_played_with_retries_tools_and_streams() -> Result<()> {
    let place = recorded_and_played(429)?;
    let list = lgx()?
        .current_dir(place.project.dir())
        .args(["cassettes", "list", "--json"])
        .output_in_time()?;
    let list: Value = serde_json::from_slice(&list.stdout)?;
    let list = list.as_array().context("a list")?;
    ensure!(
        list.len() == 2 * QUESTIONS && list.iter().all(|it| it["used"] == true),
        "{list:?}"
    );
    let everything = everything(place.project.dir())?;
    for (_, key) in KEYS {
        ensure!(!everything.contains(key), "{key} is in a file");
    }
    Ok(())
}

#[test]
fn an_error_of_a_provider_is_played_before_what_came_of_the_next_try() -> Result<()> {
    recorded_and_played(500).map(drop)
}
