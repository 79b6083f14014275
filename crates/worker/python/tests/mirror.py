"""An HTTP server whose answers are the requests that it gets, in the place of the server that runs a worker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Tell each request what it looks like, over one connection for as long as the client wants."""
    port = writer.get_extra_info("peername")[1]
    while head := await reader.readuntil(b"\r\n\r\n"):
        first, *lines = head.decode().rstrip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = json.dumps({"target": first.split(" ")[1], "headers": headers, "port": port}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        await writer.drain()


@asynccontextmanager
async def mirror() -> AsyncIterator[str]:
    """An HTTP server whose answers are the requests; its URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
