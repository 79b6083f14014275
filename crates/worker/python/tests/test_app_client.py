"""`get_client()` without a URL in a project's HTTP app: on whose behalf it asks the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app_requests import connect, end_of, load_app, start
from fake_server import FakeServer, connected
from lgx_worker.in_process_client import REQUEST_PASS, RUN_PASS
from mirror import mirror

APP = """
import asyncio
from contextlib import asynccontextmanager
from langgraph_sdk import get_client
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

async def passes(headers=None):
    seen = (await get_client(headers=headers).http.get("/seen"))["headers"]
    return {name: seen[name] for name in ("x-lgx-request", "x-lgx-run", "authorization") if name in seen}

kept = asyncio.Queue()

async def route(request):
    return JSONResponse(await passes(dict(request.query_params)))

def threaded(request):
    return JSONResponse(asyncio.run(passes()))

async def keep():
    kept.put_nowait(await passes())

async def background(request):
    return JSONResponse(await passes(), background=BackgroundTask(keep))

async def later(go):
    await go.wait()
    await keep()

async def task(request):
    request.app.state.go = asyncio.Event()
    request.app.state.task = asyncio.create_task(later(request.app.state.go))
    return JSONResponse({})

async def go(request):
    request.app.state.go.set()
    return JSONResponse(await kept.get())

async def leaves(request):
    kept.put_nowait("begun")
    while (await request.receive())["type"] != "http.disconnect":
        pass
    await keep()
    return JSONResponse({})

async def streams(request):
    async def body():
        yield json.dumps(await passes())
    import json
    return StreamingResponse(body())

async def what_was_kept(request):
    return JSONResponse(await kept.get())

async def socket(socket):
    await socket.accept()
    await socket.send_json(await passes())
    await socket.receive_text()
    await socket.close()
    await keep()

class Middleware(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.url.path == "/middleware":
            return JSONResponse(await passes())
        return await call_next(request)

@asynccontextmanager
async def lifespan(app):
    app.state.task = asyncio.create_task(keep())
    await keep()
    yield

app = Starlette(routes=[
    Route("/route", route), Route("/threaded", threaded), Route("/background", background), Route("/task", task),
    Route("/leaves", leaves), Route("/streams", streams), Route("/go", go), Route("/kept", what_was_kept),
    WebSocketRoute("/socket", socket),
], lifespan=lifespan)
app.add_middleware(Middleware)
"""
PASS = "7 not to be told"


@asynccontextmanager
async def loaded(root: Path) -> AsyncIterator[FakeServer]:
    async with mirror() as url, connected() as (server, _):
        await load_app(server, root, APP, api_url=url)
        for what in ("a lifespan", "a task that it starts"):
            assert await _told(server, "/kept") == {}, f"{what} asks as nobody"
        yield server


async def _told(server: FakeServer, path: str, *, query: str = "", request_pass: str | None = None) -> Any:
    """What the app's answer is."""
    answer = await end_of(start(server, "GET", path, query=query, request_pass=request_pass))
    assert answer.status == 200, answer.text
    return answer.json


@pytest.mark.parametrize("path", ["/route", "/threaded", "/streams", "/middleware"])
async def test_it_asks_on_behalf_of_the_request(tmp_path: Path, path: str) -> None:
    async with loaded(tmp_path) as server:
        assert await _told(server, path, request_pass=PASS) == {REQUEST_PASS: PASS}
        assert await _told(server, path) == {}, "without auth there is no pass"
        passes = [f"{number} secret" for number in range(5)]
        told = await asyncio.gather(*(_told(server, path, request_pass=one) for one in passes))
        assert told == [{REQUEST_PASS: one} for one in passes]


async def test_credentials_of_the_caller_are_sent_instead_of_the_pass(tmp_path: Path) -> None:
    async with loaded(tmp_path) as server:
        told = await _told(server, "/route", query="authorization=Bearer+me", request_pass=PASS)
        assert told == {"authorization": "bearer me"}
        query = f"{REQUEST_PASS}=guessed&{RUN_PASS}=guessed"
        assert await _told(server, "/route", query=query, request_pass=PASS) == {REQUEST_PASS: PASS}
        assert await _told(server, "/route", query=query) == {}


async def test_what_goes_on_after_the_answer_asks_as_nobody(tmp_path: Path) -> None:
    async with loaded(tmp_path) as server:
        assert await _told(server, "/background", request_pass=PASS) == {REQUEST_PASS: PASS}
        assert await _told(server, "/kept") == {}
        await _told(server, "/task", request_pass=PASS)
        assert await _told(server, "/go", request_pass=PASS) == {}


async def test_what_goes_on_after_the_client_has_left_asks_as_nobody(tmp_path: Path) -> None:
    async with loaded(tmp_path) as server:
        leaving = start(server, "GET", "/leaves", request_pass=PASS)
        assert await _told(server, "/kept") == "begun"
        server.cancel(leaving)
        assert await _told(server, "/kept") == {}


async def test_a_socket_asks_on_behalf_of_its_handshake_until_it_is_closed(tmp_path: Path) -> None:
    async with loaded(tmp_path) as server:
        socket = connect(server, "/socket", request_pass=PASS)
        told, _ = await socket.piece(1)
        assert json.loads(told["text"]) == {REQUEST_PASS: PASS}
        server.data(socket, {"text": "enough"})
        assert (await socket.answer).meta["close"]["code"] == 1000
        assert await _told(server, "/kept") == {}
