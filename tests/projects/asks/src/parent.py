"""Has another graph of the same server do its work, through clients that are not told where the server is."""

import asyncio

from langgraph.graph import START, StateGraph
from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from typing_extensions import TypedDict

AT_IMPORT = get_client()


class State(TypedDict, total=False):
    text: str
    answers: list[str]
    events: list[str]


async def _delegate(client: LangGraphClient, text: str) -> str:
    thread = await client.threads.create(metadata={"by": "parent"})
    done = await client.runs.wait(thread["thread_id"], "child", input={"text": text})
    return done["answer"]


async def delegate(state: State) -> State:
    text = {"text": state["text"]}
    answers = [await _delegate(AT_IMPORT, state["text"]), await _delegate(get_client(), state["text"])]
    answers.append((await RemoteGraph("child", client=AT_IMPORT).ainvoke(text))["answer"])
    answers.append((await RemoteGraph("child").ainvoke(text))["answer"])
    parts = AT_IMPORT.runs.stream(None, "child", input=text, stream_mode=["custom", "values"])
    return {"answers": answers, "events": [part.event async for part in parts]}


def in_a_thread(state: State) -> State:
    answers = [asyncio.run(_delegate(AT_IMPORT, state["text"])) for _ in range(2)]
    return {"answers": [*answers, RemoteGraph("child").invoke({"text": state["text"]})["answer"]]}


graph = StateGraph(State).add_node(delegate).add_edge(START, "delegate").compile(name="parent")
synchronous = StateGraph(State).add_node(in_a_thread).add_edge(START, "in_a_thread").compile(name="synchronous")
