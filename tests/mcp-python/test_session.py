"""Sessions of the official Python client: list, call, progress, cancelling, auth."""

import asyncio
import json
from contextlib import AsyncExitStack

import httpx
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent

from conftest import Connect


def text(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


async def test_versions_are_agreed_upon(connect: Connect):
    async with connect("alice") as client:
        assert client.session.protocol_version in ("2025-11-25", "2026-07-28")
        assert client.server_capabilities.tools
        assert client.server_info.name == "lgx"


async def test_tools_are_listed(connect: Connect):
    async with connect("alice") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "broken", "fail", "letters", "loose", "square", "stops", "wait"}
    letters = tools["letters"]
    assert (letters.title, letters.description) == ("letters", "Counts the letters of a text.")
    assert letters.input_schema["required"] == ["text"]
    assert letters.input_schema["properties"]["text"]["type"] == "string"
    assert letters.output_schema
    assert set(letters.output_schema["properties"]) == {"text", "letters", "messages"}
    assert tools["square"].input_schema["properties"]["input"]["type"] == "integer"
    assert tools["square"].output_schema is None


async def test_a_call_gives_what_the_graph_gives(connect: Connect):
    async with connect("alice") as client:
        # The client refuses results that do not fit the schemas that were listed.
        await client.list_tools()
        result = await client.call_tool("letters", {"text": "abc"})
        assert not result.is_error
        values = result.structured_content
        assert values == json.loads(text(result))
        assert (values["text"], values["letters"]) == ("abc", 3)
        assert values["messages"][0]["content"] == "that is all"
        loose = await client.call_tool("loose", {"number": 1, "never": ""})
        assert loose.structured_content["number"] == "many"
        square = await client.call_tool("square", {"input": 12})
        assert (text(square), square.structured_content) == ("144", None)


async def test_failures_say_why(connect: Connect):
    async with connect("alice") as client:
        await client.list_tools()
        for tool, why in [
            ("fail", "ValueError: nothing works"),
            ("broken", "the database is not there"),
            ("ask", '{"question":"May I?"}'),
            ("stops", "stopped before ask"),
        ]:
            result = await client.call_tool(tool, {})
            assert result.is_error
            assert why in text(result), text(result)
        with pytest.raises(MCPError, match="Unknown tool: nope"):
            await client.call_tool("nope", {})


async def test_progress_is_told(connect: Connect):
    told: list[tuple[float, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with connect("alice") as client:
        result = await client.call_tool("letters", {"text": "ab"}, progress_callback=on_progress)
    assert not result.is_error
    assert [progress for progress, _ in told] == list(range(1, len(told) + 1))
    messages = [message or "" for _, message in told]
    assert [json.loads(message)["letter"] for message in messages[:2]] == ["a", "b"]
    assert "".join(messages[2:]) == "that is all"


async def under_way(client: Client) -> asyncio.Task:
    """A call that goes on until it is cancelled."""
    begun = asyncio.Event()

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        begun.set()

    call = asyncio.create_task(client.call_tool("wait", {}, progress_callback=on_progress))
    await asyncio.wait_for(begun.wait(), 60)
    return call


async def joined(api: httpx.AsyncClient) -> str:
    """Where one can wait for the end of the only run there is."""
    [thread] = (await api.post("/threads/search", json={"status": "busy"})).json()
    [run] = (await api.get(f"/threads/{thread['thread_id']}/runs")).json()
    return f"/threads/{thread['thread_id']}/runs/{run['run_id']}/join"


async def test_a_call_that_is_cancelled_ends_its_run(connect: Connect, api: httpx.AsyncClient):
    async with connect("alice") as client:
        call = await under_way(client)
        async with api.stream("GET", await joined(api)) as join:
            call.cancel()
            assert "done" not in json.loads(await join.aread())
        # The session goes on.
        assert not (await client.call_tool("letters", {"text": ""})).is_error


async def test_a_client_that_leaves_takes_its_run_along(connect: Connect, api: httpx.AsyncClient):
    async with AsyncExitStack() as afterwards:
        async with connect("alice") as client:
            call = await under_way(client)
            join = await afterwards.enter_async_context(api.stream("GET", await joined(api)))
        assert "done" not in json.loads(await join.aread())
    with pytest.raises(MCPError):
        await call


async def test_auth_decides(connect: Connect):
    refusal = pytest.RaisesExc(MCPError, match=r"who are you\?")
    with pytest.RaisesGroup(refusal, flatten_subgroups=True):
        async with connect(None):
            pass
    async with connect("bob") as client:
        assert (await client.list_tools()).tools
        with pytest.raises(MCPError, match="not on your plan"):
            await client.call_tool("letters", {"text": "abc"})
    async with connect("carol") as client:
        assert (await client.list_tools()).tools == []
        with pytest.raises(MCPError, match="Unknown tool: letters"):
            await client.call_tool("letters", {"text": "abc"})
