"""Bodies of any length, both ways, as they come."""

import asyncio
import zlib
from collections.abc import AsyncIterator

import httpx

from conftest import URL

PIECE = bytes(range(256)) * 256


async def test_an_upload_arrives_piece_by_piece(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield PIECE

    answer = await client.post("/upload", content=body())
    assert answer.json() == {"size": 64 * len(PIECE), "crc": zlib.crc32(PIECE * 64), "version": "one"}


async def test_a_body_with_a_length_arrives_whole_whatever_its_size(client: httpx.AsyncClient) -> None:
    for size in (0, 1, 65_536, 65_537, 3_000_000):
        body = (PIECE * (size // len(PIECE) + 1))[:size]
        answer = await client.post("/upload", content=body)
        assert answer.json() == {"size": size, "crc": zlib.crc32(body), "version": "one"}


async def test_a_client_that_leaves_in_the_middle_of_an_upload_is_heard_of(client: httpx.AsyncClient) -> None:
    address = httpx.URL(URL)
    _, writer = await asyncio.open_connection(address.host, address.port)
    head = f"POST /breaks-off HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nContent-Length: 1000000\r\n\r\n"
    writer.write(head.encode() + b"begins")
    await writer.drain()
    assert (await client.get("/happened/receives")).json() == "begun"
    writer.close()
    assert (await client.get("/happened/broken-off")).json() == "6 bytes, then the client left"


async def test_what_comes_in_may_go_out_before_more_comes_in() -> None:
    address = httpx.URL(URL)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    head = f"POST /mirror HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode())
    writer.write(b"5\r\nfirst\r\n")
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    assert await _take(reader, 5) == b"first"
    for _ in range(50):
        # The next piece is sent when this one has come back.
        writer.write(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
        assert await _take(reader, len(PIECE)) == PIECE
    # A trailer says nothing to the app.
    writer.write(b"0\r\nX-Trailer: ignored\r\n\r\n")
    assert await reader.readline() == b"0\r\n"
    writer.close()


async def _take(reader: asyncio.StreamReader, count: int) -> bytes:
    """So many bytes of a body, in however many chunks they come."""
    taken = b""
    while len(taken) < count:
        size = int(await reader.readline(), 16)
        taken += await reader.readexactly(size)
        await reader.readline()
    return taken


async def test_events_come_as_they_are_sent(client: httpx.AsyncClient) -> None:
    connected: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    source = await asyncio.start_server(lambda _, writer: connected.set_result(writer), "127.0.0.1")
    port = source.sockets[0].getsockname()[1]
    async with source, client.stream("GET", f"/ticker/{port}") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        news = await connected
        for tick in ("first", "second", "third"):
            # Nothing further is sent before this one has come.
            news.write(f"{tick}\n".encode())
            async with asyncio.timeout(30):
                while f"one {tick}" not in await anext(lines):
                    pass
        news.close()
        assert not [line async for line in lines if line]


async def test_it_sees_that_a_client_leaves(client: httpx.AsyncClient) -> None:
    leaving = asyncio.ensure_future(client.get("/patient"))
    await client.get("/happened/waits")
    leaving.cancel()
    assert (await client.get("/happened/left")).json() == "the client has left"
