"""The transport with which the project's code asks the server, against a server that says what a test has it say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from lgx_worker.loopback_transport import LoopbackTransport

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: 1\r\nX-A:  2 \r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Scripted:
    """A server that runs a script for each connection, and the client of it."""

    def __init__(self) -> None:
        self.connections = 0
        self.ended = asyncio.Event()
        """A script has come to its end."""
        self.client: httpx.AsyncClient


@asynccontextmanager
async def scripted(script: Script, timeout: float | None = 10) -> AsyncIterator[Scripted]:
    scripted = Scripted()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        scripted.connections += 1
        try:
            await script(reader, writer)
        finally:
            writer.close()
            scripted.ended.set()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    transport = LoopbackTransport("127.0.0.1", server.sockets[0].getsockname()[1])
    async with httpx.AsyncClient(transport=transport, base_url="http://api", timeout=timeout) as client:
        scripted.client = client
        yield scripted
    server.close()


async def asked(reader: asyncio.StreamReader) -> bytes:
    """The head of a request."""
    return await reader.readuntil(b"\r\n\r\n")


def answering(*pieces: bytes) -> Script:
    """Answers each request with these pieces, each sent alone."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                await asked(reader)
            except asyncio.IncompleteReadError:
                return
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)

    return script


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (WHOLE, b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (CHUNKED + b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nx-trails: 1\r\n\r\n", b"abc0123456789"),
    ],
)
async def test_an_answer_comes_in_any_pieces_and_its_connection_is_used_again(
    answer: bytes, body: bytes, size: int
) -> None:
    async with scripted(answering(*cut(answer, size))) as server:
        for _ in range(3):
            told = await server.client.get("/x")
            assert told.content == body
            if answer == WHOLE:
                assert told.headers.get_list("x-a") == ["1", "2"]
        assert server.connections == 1


async def test_a_head_has_no_body_and_what_the_server_closes_is_not_used_again() -> None:
    async with scripted(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")) as server:
        assert (await server.client.head("/x")).content == b""
        assert (await server.client.head("/x")).headers["content-length"] == "5"
        assert server.connections == 1
    closing = WHOLE.replace(b"x-a: 1", b"connection: close")
    async with scripted(answering(closing)) as server:
        for _ in range(2):
            assert (await server.client.get("/x")).content == b"ok"
        assert server.connections == 2


async def test_a_body_without_a_length_goes_to_the_end_of_the_connection() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall")
        await writer.drain()
        writer.write(b" of it")

    async with scripted(script) as server:
        assert (await server.client.get("/x")).content == b"all of it"


async def test_requests_arrive_as_they_are_whole_or_in_chunks() -> None:
    seen: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await asked(reader))
        seen.append(await reader.readexactly(len(b'{"a":1}')))
        writer.write(WHOLE)
        seen.append(await asked(reader))
        seen.append(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(WHOLE)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b""
        yield b"x" * 17

    async with scripted(script) as server:
        await server.client.post("/whole?a=b", json={"a": 1}, headers=[(b"X-Odd", b"caf\xe9")])
        await server.client.put("/pieces", content=pieces())
    assert seen[0].startswith(b"POST /whole?a=b HTTP/1.1\r\n")
    assert b"X-Odd: caf\xe9\r\n" in seen[0]
    assert seen[1] == b'{"a":1}'
    assert b"Transfer-Encoding: chunked\r\n" in seen[2]
    assert seen[3] == b"3\r\none\r\n11\r\n" + b"x" * 17 + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "header", [("x", "1\r\ny: 2"), ("x", "1\ny: 2"), ("x: 1\r\ny", "2"), ("x: y", "1"), ("x", "\0")]
)
async def test_a_header_cannot_be_made_into_another_one(header: tuple[str, str]) -> None:
    async with scripted(answering(WHOLE)) as server:
        with pytest.raises(httpx.LocalProtocolError):
            await server.client.get("/x", headers=[header])


async def test_an_upload_that_is_refused_midway_has_its_answer() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig")
        await writer.drain()
        while await reader.read(65536):
            pass

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 65536

    async with scripted(script) as server:
        answer = await server.client.post("/x", content=pieces())
        assert (answer.status_code, answer.content) == (413, b"big")


async def test_what_goes_wrong_is_raised_as_clients_know_it() -> None:
    async def leaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)

    async def breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab")

    async def breaks_off_in_a_chunk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(CHUNKED + b"5\r\nab")

    for script in (leaves, breaks_off, breaks_off_in_a_chunk):
        async with scripted(script) as server:
            with pytest.raises(httpx.RemoteProtocolError):
                await server.client.get("/x")

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with scripted(silent, timeout=0.05) as server:
        with pytest.raises(httpx.ReadTimeout):
            await server.client.get("/x")
        await asyncio.wait_for(server.ended.wait(), 10)  # its connection is closed
        with pytest.raises(httpx.WriteTimeout):
            await server.client.post("/x", content=b"x" * 50_000_000)

    gone = LoopbackTransport("127.0.0.1", 9)
    async with httpx.AsyncClient(transport=gone, base_url="http://api") as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/x")


async def test_a_stream_comes_as_it_is_sent_and_no_faster_than_it_is_read() -> None:
    sent = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await asked(reader)
        writer.write(CHUNKED + b"5\r\nfirst\r\n")
        writer.transport.set_write_buffer_limits(0)
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        for _ in range(1000):
            writer.write(piece)
            await writer.drain()
            sent += 65536

    async with scripted(script) as server:
        async with server.client.stream("GET", "/x") as answer:
            pieces = answer.aiter_raw()
            assert await anext(pieces) == b"first"
            last = -1
            while last != sent:  # until no more is taken
                last = sent
                for _ in range(100):
                    await asyncio.sleep(0)
            assert sent < 30_000_000
            read = 0
            while read < 40_000_000:
                read += len(await anext(pieces))
        # Who leaves before its end closes the connection.
        await asyncio.wait_for(server.ended.wait(), 10)
        assert sent < 65536 * 1000


async def test_a_request_that_is_given_up_closes_its_connection() -> None:
    arrived = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        arrived.set()
        await reader.read()

    async with scripted(script) as server:
        asking = asyncio.ensure_future(server.client.get("/x"))
        await arrived.wait()
        asking.cancel()
        await asyncio.wait((asking,))
        await asyncio.wait_for(server.ended.wait(), 10)
