"""What is under way while the app is edited ends in the code in which it began. LGX_PROJECT is the folder of the project."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from conftest import SOCKETS


async def test_a_reload_loses_nothing_of_what_is_under_way(client: httpx.AsyncClient) -> None:
    connected: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    source = await asyncio.start_server(lambda _, writer: connected.set_result(writer), "127.0.0.1")
    port = source.sockets[0].getsockname()[1]
    edited = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"a" * 100_000
        await edited.wait()
        yield b"b" * 100_000

    uploading = asyncio.ensure_future(client.post("/upload", content=body()))
    async with (
        source,
        connect(f"{SOCKETS}/ws/echo") as socket,
        client.stream("GET", f"/ticker/{port}") as events,
    ):
        news, lines = await connected, events.aiter_lines()
        news.write(b"before\n")
        assert await _next_tick(lines) == "one before"
        await socket.send("before")
        assert await socket.recv() == "one: before"

        assert await client.get("/happened/upload")
        file = Path(os.environ["LGX_PROJECT"]) / "src/app.py"
        file.write_text(file.read_text().replace('VERSION = "one"', 'VERSION = "two"'))
        # Nothing is waited for here: that requests are answered by one code or the other is what is tested.
        while (version := (await client.get("/hello")).json()["version"]) != "two":
            assert version == "one"

        edited.set()
        assert (await uploading).json()["version"] == "one"
        assert (await uploading).json()["size"] == 200_000
        news.write(b"after\n")
        assert await _next_tick(lines) == "one after"
        await socket.send("after")
        assert await socket.recv() == "one: after"
        news.close()
    assert (await client.get("/hello")).json()["version"] == "two"


async def _next_tick(lines: AsyncIterator[str]) -> str:
    async for line in lines:
        if line.startswith("data: "):
            return line.removeprefix("data: ").strip('"')
    raise AssertionError("the stream is over")
