"""Bodies of requests and answers pass in pieces, as fast as whoever takes them, and end when the client leaves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app_requests import end_of, load_app, start
from fake_server import FakeServer, Pending, connected
from lgx_worker.errors import CallFailed
from lgx_worker.frames import Kind
from lgx_worker.streams import WINDOW

MB = 1024 * 1024
APP = """
import asyncio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

class seen:
    sent = 0
    read = 0
    gate = asyncio.Event()
    ended = asyncio.Event()
    disconnected = asyncio.Event()

async def download(request):
    async def body():
        try:
            for _ in range(int(request.query_params["pieces"])):
                yield b"x" * 50_000
                seen.sent += 1
        finally:
            seen.ended.set()
    return StreamingResponse(body(), media_type="text/event-stream")

async def whole(request):
    return PlainTextResponse("y" * int(request.query_params["bytes"]))

async def upload(request):
    async for piece in request.stream():
        seen.read += len(piece)
        await seen.gate.wait()
    return JSONResponse(seen.read)

async def waits(request):
    while not await request.is_disconnected():
        await asyncio.sleep(0)
    seen.disconnected.set()
    return PlainTextResponse("nobody reads it")

async def later(request):
    async def body():
        await seen.gate.wait()
        yield b"first"
    return StreamingResponse(body(), headers={"x-open": "1"})

async def opens(request):
    seen.gate.set()
    return PlainTextResponse("open")

app = Starlette(routes=[
    Route("/download", download), Route("/upload", upload, methods=["POST"]), Route("/whole", whole),
    Route("/waits", waits), Route("/later", later), Route("/opens", opens),
])
"""
BASE = """
from starlette.middleware.base import BaseHTTPMiddleware
class Base(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)
app.add_middleware(Base)
"""
PURE = """
class Pure:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)
app.add_middleware(Pure)
"""
PART = b"z" * 100_000


async def until(pending: Pending, size: int) -> None:
    """Wait until so many bytes of the answer have come."""
    while pending.size < size:
        pending.arrived.clear()
        await pending.arrived.wait()


async def settled(server: FakeServer) -> None:
    """Let the worker do all that it can do without us: so many turns of its loop have passed."""
    for _ in range(50):
        await server.call("http.openapi", {})


async def feed(server: FakeServer, pending: Pending, total: int) -> int:
    """Send a body as the server does, with credit. Ends when it is all sent, or when no more is granted; how much it was."""
    sent = spent = 0
    while sent < total:
        if spent >= WINDOW + pending.granted:
            await settled(server)
            if spent >= WINDOW + pending.granted:
                return sent
        spent += server.data(pending, {}, [PART])
        sent += len(PART)
    server.data(pending, {}, last=True)
    return sent


@pytest.mark.parametrize("middleware", ["", BASE, PURE])
async def test_a_stream_comes_in_its_pieces_and_stops_while_nobody_takes_it(tmp_path: Path, middleware: str) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP + middleware)
        pending = start(server, "GET", "/download", query="pieces=100", grants=False)
        await until(pending, WINDOW)
        assert (await end_of(start(server, "GET", "/opens"))).text == "open"
        await settled(server)
        assert WINDOW <= pending.size < WINDOW + 51_000
        assert server.begun[0] == pending.id
        server.grant(pending, 100 * MB)
        answer = await end_of(pending)
        assert (len(answer.body), answer.headers["content-type"]) == (5_000_000, "text/event-stream; charset=utf-8")


async def test_a_large_answer_that_is_given_at_once_is_sent_in_pieces(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending = start(server, "GET", "/whole", query=f"bytes={5 * MB}", grants=False)
        await until(pending, WINDOW)
        await settled(server)
        assert pending.size < WINDOW + 300_000
        server.grant(pending, 100 * MB)
        answer = await end_of(pending)
        assert (len(answer.body), answer.headers["content-length"]) == (5 * MB, str(5 * MB))
        small = await end_of(start(server, "GET", "/whole", query=f"bytes={MB}"))
        assert (len(small.body), small.pieces) == (MB, 0)


@pytest.mark.parametrize("middleware", ["", PURE])
async def test_an_upload_is_taken_as_fast_as_it_is_read(tmp_path: Path, middleware: str) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP + middleware)
        pending = start(server, "POST", "/upload", None)
        assert await feed(server, pending, 5_000_000) < WINDOW + 2 * len(PART)
        server.cancel(pending)
        with pytest.raises(CallFailed, match="cancelled"):
            await pending.answer
        await end_of(start(server, "GET", "/opens"))
        first = start(server, "POST", "/upload", None)
        assert await feed(server, first, 5_000_000) == 5_000_000
        assert int((await end_of(first)).text) >= 5_000_000


async def test_the_head_of_a_stream_does_not_wait_for_its_body(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending = start(server, "GET", "/later")
        meta, sections = await pending.piece(0)
        assert (meta["status"], sections) == (200, [b""])
        await end_of(start(server, "GET", "/opens"))
        assert (await end_of(pending)).body == b"first"


@pytest.mark.parametrize("path", ["/waits", "/download"])
@pytest.mark.parametrize("middleware", ["", PURE])
async def test_a_client_that_leaves_is_told_to_the_app_which_is_not_interrupted(
    tmp_path: Path, path: str, middleware: str
) -> None:
    async with connected() as (server, worker):
        await load_app(server, tmp_path, APP + middleware)
        pending = start(server, "GET", path, query="pieces=1000000")
        while not server.begun:
            await asyncio.sleep(0)
        server.cancel(pending)
        with pytest.raises(CallFailed) as caught:
            await pending.answer
        assert caught.value.type == "Cancelled"
        assert worker.app is not None
        await asyncio.wait_for(worker.app.stop(), 10)
        assert not worker.app._exchanges
        assert not [entry["text"] for entry in server.logs]


# ---- through to the server's own routes


@pytest.mark.parametrize("middleware", [BASE, PURE])
async def test_an_upload_for_the_server_passes_as_fast_as_it_takes_it(tmp_path: Path, middleware: str) -> None:
    async with connected() as (server, _):
        server.app_calls.by_itself = False
        await load_app(server, tmp_path, APP + middleware)
        pending = start(server, "POST", "/threads", None)
        server.data(pending, {}, [b"a"])
        served = await server.app_calls.next()
        assert served.params["body"] == "streamed"
        served.grants = False
        fed = await feed(server, pending, 8_000_000)
        # What the server has been sent, and what waits in the worker.
        assert fed < 2 * WINDOW + 4 * len(PART)
        await served.until(lambda served: served.size >= WINDOW)
        assert served.size < WINDOW + 2 * len(PART) + 1000
        served.answer(b"enough", 413)  # a callee may answer before it has taken all
        answer = await end_of(pending)
        assert (answer.status, answer.body) == (413, b"enough")


@pytest.mark.parametrize("middleware", [BASE, PURE])
async def test_what_the_server_streams_passes_as_fast_as_the_client_takes_it(tmp_path: Path, middleware: str) -> None:
    async with connected() as (server, _):
        server.app_calls.by_itself = False
        await load_app(server, tmp_path, APP + middleware)
        pending = start(server, "GET", "/stream", grants=False)
        served = await server.app_calls.next()
        served.start(b"one", headers=[("x-from", "server")])
        sent = 0
        while served.credit > 0:
            served.piece(PART)
            sent += 1
            if served.credit <= 0:
                await settled(server)
        assert sent * len(PART) < 3 * WINDOW
        assert WINDOW <= pending.size < WINDOW + 2 * len(PART)
        server.grant(pending, 100 * MB)
        served.end()
        answer = await end_of(pending)
        assert len(answer.body) == 3 + sent * len(PART)
        assert answer.headers["x-from"] == "server"


@pytest.mark.parametrize("middleware", [BASE, PURE])
@pytest.mark.parametrize("started", [False, True])
async def test_the_server_hears_that_the_client_has_left(tmp_path: Path, middleware: str, started: bool) -> None:
    async with connected() as (server, worker):
        server.app_calls.by_itself = False
        await load_app(server, tmp_path, APP + middleware)
        pending = start(server, "GET", "/stream")
        served = await server.app_calls.next()
        if started:
            served.start(b"one")
            await pending.piece(0)
        server.cancel(pending)
        with pytest.raises(CallFailed, match="cancelled"):
            await pending.answer
        await served.until(lambda served: served.cancelled)
        assert worker.app is not None
        await worker.app.stop()
        assert not [entry["text"] for entry in server.logs]


async def test_the_server_may_be_the_first_to_say_that_the_client_has_left(tmp_path: Path) -> None:
    async with connected() as (server, worker):
        server.app_calls.by_itself = False
        await load_app(server, tmp_path, APP + PURE)
        pending = start(server, "GET", "/stream")
        served = await server.app_calls.next()
        with server.together():
            gone = {"type": "Gone", "message": "the request that it belongs to is over"}
            server.send(Kind.ERROR, served.id, gone)
            server.cancel(pending)
        with pytest.raises(CallFailed, match="cancelled"):
            await pending.answer
        assert worker.app is not None
        await worker.app.stop()
        assert not [entry["text"] for entry in server.logs]


async def test_an_error_of_the_servers_route_is_the_answer(tmp_path: Path) -> None:
    async with connected() as (server, _):
        server.app_calls.by_itself = False
        await load_app(server, tmp_path, APP + PURE)
        pending = start(server, "GET", "/stream")
        served = await server.app_calls.next()
        served.start(b"one")
        served.send(4, served.id, {"type": "BrokenOff", "message": "it broke off", "status": 502})
        with pytest.raises(CallFailed) as caught:
            await pending.answer
        assert (caught.value.type, caught.value.status) == ("BrokenOff", 502)
