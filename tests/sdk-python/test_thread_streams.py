"""The event protocol through the thread streams of the Python SDK, over each transport, and `threads.join_stream`."""

import asyncio
import os
import uuid

import pytest
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import Command
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

from language import only_in

LOG = ["in", "a", "slow", "b"]
transports = pytest.mark.parametrize("transport", ["sse", "websocket"])
by_graph = only_in("python", "in JavaScript messages and tools have the namespace of their node, not of their graph")


def said(word: str) -> dict:
    return {"messages": [{"role": "user", "content": word}]}


@pytest.fixture
def sync_client() -> SyncLangGraphClient:
    return get_sync_client(url=os.environ["LGX_URL"], api_key=None)


@transports
async def test_values_and_the_output(client: LangGraphClient, transport):
    async with client.threads.stream(assistant_id="multi", transport=transport) as thread:
        await thread.run.start(input={"log": ["in"]})
        logs = [values["log"] async for values in thread.values if values]
        assert logs[-1] == LOG
        assert (await thread.output)["log"] == LOG


@by_graph
@transports
async def test_messages_are_streamed_token_by_token(client: LangGraphClient, transport):
    async with client.threads.stream(assistant_id="chat", transport=transport) as thread:
        await thread.run.start(input=said("good day"))
        (message,) = [message async for message in thread.messages]
        assert [token async for token in message.text] == ["You", " said:", " good", " day"]


@by_graph
@transports
async def test_tool_calls_tell_their_input_and_their_output(client: LangGraphClient, transport):
    async with client.threads.stream(assistant_id="channels", transport=transport) as thread:
        await thread.run.start(input=said("weather?"))
        (call,) = [call async for call in thread.tool_calls]
        assert (call.name, call.input) == ("get_weather", {"city": "Paris"})
        assert (await call.output)["content"] == "sunny in Paris"


@by_graph
@transports
async def test_subgraphs_have_streams_of_their_own(client: LangGraphClient, transport):
    async with client.threads.stream(assistant_id="nested_chat", transport=transport) as thread:
        await thread.run.start(input=said("hi"))
        (subgraph,) = [subgraph async for subgraph in thread.subgraphs]
        assert (subgraph.graph_name, subgraph.status) == ("sub", "completed")
        (message,) = [message async for message in subgraph.messages]
        assert "".join([token async for token in message.text]) == "You said: hi"


@transports
async def test_what_a_graph_writes_itself_is_found_by_its_name(client: LangGraphClient, transport):
    async with client.threads.stream(assistant_id="channels", transport=transport) as thread:
        await thread.run.start(input=said("hi"))
        (status,) = [event async for event in thread.extensions["status"]]
        assert status == {"name": "status", "payload": {"pct": 50}}


@transports
async def test_an_interrupt_is_answered(client: LangGraphClient, transport):
    async with client.threads.stream(assistant_id="hitl", transport=transport) as thread:
        await thread.run.start(input={"question": "name?"})
        async for _ in thread.values:
            pass
        assert thread.interrupted
        (asked,) = thread.interrupts
        assert asked["value"] == {"q": "name?"}
        await thread.run.respond("Bob")
        assert (await thread.output)["final"] == "answer=Bob"
        state = await client.threads.get(thread.thread_id)
        assert state["status"] == "idle"


@transports
async def test_a_failure_is_raised(client: LangGraphClient, transport):
    async with client.threads.stream(assistant_id="boom", transport=transport) as thread:
        await thread.run.start(input={})
        with pytest.raises(Exception, match="kaboom"):
            await thread.output


async def test_who_comes_later_sees_everything(client: LangGraphClient):
    thread_id = str(uuid.uuid4())
    async with client.threads.stream(thread_id, assistant_id="multi") as thread:
        await thread.run.start(input={"log": ["in"]})
        first = [event async for event in until_the_end(thread)]
    async with client.threads.stream(thread_id, assistant_id="multi") as thread:
        assert [event async for event in until_the_end(thread)] == first


async def until_the_end(thread):
    async for event in thread.subscribe(["values", "lifecycle"]):
        yield event
        if event["method"] == "lifecycle" and event["params"]["data"]["event"] == "completed":
            return


@by_graph
@transports
def test_values_messages_and_output_without_asyncio(sync_client: SyncLangGraphClient, transport):
    with sync_client.threads.stream(assistant_id="chat", transport=transport) as thread:
        thread.run.start(input=said("good day"))
        (message,) = list(thread.messages)
        assert list(message.text) == ["You", " said:", " good", " day"]
        assert thread.output["messages"][-1]["content"][0]["text"] == "You said: good day"
    with sync_client.threads.stream(assistant_id="multi", transport=transport) as thread:
        thread.run.start(input={"log": ["in"]})
        assert [values["log"] for values in thread.values if values][-1] == LOG


@transports
def test_an_interrupt_is_answered_without_asyncio(sync_client: SyncLangGraphClient, transport):
    with sync_client.threads.stream(assistant_id="hitl", transport=transport) as thread:
        thread.run.start(input={"question": "name?"})
        for _ in thread.values:
            pass
        assert [asked["value"] for asked in thread.interrupts] == [{"q": "name?"}]
        thread.run.respond("Eve")
        assert thread.output["final"] == "answer=Eve"


async def test_a_thread_is_joined_with_all_its_runs(client: LangGraphClient, thread_id: str):
    async def watch(mode, count):
        parts = []
        async for part in await client.threads.join_stream(thread_id, stream_mode=mode, last_event_id="-"):
            parts.append(part)
            if len(parts) == count:
                return parts

    run = await client.runs.create(
        thread_id, "multi", input={"log": ["in"]}, stream_mode="updates", stream_resumable=True
    )
    run_id = run["run_id"]
    parts = await asyncio.wait_for(watch("run_modes", 5), 20)
    assert [part.event for part in parts] == ["metadata", "updates", "updates", "updates", "metadata"]
    ends = await asyncio.wait_for(watch(["lifecycle", "state_update"], 2), 20)
    assert [part.data for part in ends] == [{"run_id": run_id, "attempt": 1}, {"status": "run_done", "run_id": run_id}]
    assert ends == [parts[0], parts[-1]]


@by_graph
async def test_a_remote_graph_streams_its_events(client: LangGraphClient):
    graph = RemoteGraph("chat", client=client)
    async with await graph.astream_events(said("hi"), version="v3") as run:
        (message,) = [message async for message in run.messages]
        assert "".join([token async for token in message.text]) == "You said: hi"
        output = await run.output()
    assert output["messages"][-1]["content"][0]["text"] == "You said: hi"


async def test_a_remote_graph_is_resumed(client: LangGraphClient, thread_id: str):
    graph = RemoteGraph("hitl", client=client)
    config = {"configurable": {"thread_id": thread_id}}
    async with await graph.astream_events({"question": "name?"}, config, version="v3") as run:
        async for _ in run.values:  # until it pauses
            pass
        assert await run.interrupted()
        (asked,) = await run.interrupts()
    assert "name?" in str(asked)
    async with await graph.astream_events(Command(resume="Bob"), config, version="v3") as run:
        assert (await run.output())["final"] == "answer=Bob"
