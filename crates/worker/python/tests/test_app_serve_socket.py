"""The server's own WebSocket behind a project's HTTP app: let in or refused, messages both ways, and whoever ends it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app_requests import ServedSocket, connect, load_app, response
from fake_server import FakeServer, Pending, connected
from lgx_worker.errors import CallFailed
from test_handlers import MESSAGES

EVENTS = "/threads/1/stream/events"
APP = """
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import WebSocketRoute

seen = []

class Pure:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        seen.append(scope["path"])
        if b"x-kept-out" in headers:
            return await send({"type": "websocket.close", "code": 4003})
        if b"x-breaks" in headers:
            async def breaks():
                message = await receive()
                if message.get("text") == "break":
                    raise ValueError("kaboom")
                return message
            return await self.app(scope, breaks, send)
        scope = {**scope, "path": scope["path"].removeprefix("/v1"), "query_string": b"by=pure"}
        await self.app(scope, receive, send)

class Base(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)

async def takes_all(socket):
    await socket.accept()
    await socket.send_text("mine")
    await socket.close()

app = Starlette(routes=[WebSocketRoute("/{path:path}", takes_all)])
app.add_middleware(Base)
app.add_middleware(Pure)
"""


def golden(name: str) -> dict[str, object]:
    """The meta of a message that the server's tests read too."""
    found: dict[str, object] = next(message["meta"] for message in MESSAGES if message["name"] == name)
    return found


async def opened(server: FakeServer, headers: tuple[tuple[str, str], ...] = ()) -> tuple[Pending, ServedSocket]:
    """A WebSocket that the server has let in."""
    count = len(server.app_calls.sockets)
    pending = connect(server, EVENTS, headers)
    socket = await server.app_calls.socket(count)
    socket.accept()
    await pending.piece(0)
    return pending, socket


async def test_messages_go_through_the_middleware_both_ways_until_the_client_closes(tmp_path: Path) -> None:
    async with connected() as (server, worker):
        told = await load_app(server, tmp_path, APP)
        assert told["wraps"]
        pending = connect(server, f"/v1{EVENTS}", [("x-a", "1")])
        socket = await server.app_calls.socket()
        assert socket.params["call"] == pending.id
        request = socket.params["request"]
        asked = (request["scheme"], request["path"], request["query"], request["headers"][1])
        assert asked == ("ws", EVENTS, "by=pure", ["x-a", "1"])
        assert "method" not in request
        server.send(5, socket.id, golden("acceptance of a websocket of the server's own"))
        assert (await pending.piece(0))[0] == {"accept": {"subprotocol": None, "headers": [["x-request-id", "1"]]}}
        server.data(pending, golden("text of the client for the server's own websocket"))
        server.data(pending, {}, [b"\x00"])
        await socket.until(lambda socket: len(socket.heard) == 2)
        server.send(5, socket.id, golden("text of the server's own websocket"))
        assert await pending.piece(1) == (golden("text of the server's own websocket"), [])
        closed = {"closed": {"code": 1001, "reason": "bye"}}
        server.data(pending, closed, last=True)
        await socket.until(lambda socket: socket.over)
        assert socket.heard == [golden("text of the client for the server's own websocket"), b"\x00", closed]
        socket.close(1001, "bye")
        assert (await pending.answer).meta == {"close": {"code": 1001, "reason": "bye"}}
        assert worker.app is not None
        await asyncio.wait_for(worker.app.stop(), 10)
        assert not worker.app._exchanges
        assert not [entry["text"] for entry in server.logs]


async def test_the_server_closes_it_with_its_own_code(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending, socket = await opened(server)
        end = golden("end of the server's own websocket by the server")
        server.send(3, socket.id, end)
        assert (await pending.answer).meta == end
        assert not server.logs


async def test_a_refusal_reaches_the_client_as_the_server_has_written_it(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending = connect(server, EVENTS)
        socket = await server.app_calls.socket()
        socket.refuse(401, b'{"detail":"who?"}', [("content-type", "application/json"), ("www-authenticate", "Bearer")])
        answer = response(pending, await pending.answer)
        assert (answer.status, answer.json, answer.route) == (401, {"detail": "who?"}, None)
        assert answer.headers == {"content-type": "application/json", "www-authenticate": "Bearer"}


async def test_middleware_may_keep_it_out_and_the_server_is_not_asked(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending = connect(server, EVENTS, [("x-kept-out", "1")])
        assert (await pending.answer).meta == {"close": {"code": 4003, "reason": ""}}
        assert (pending.pieces, server.app_calls.sockets) == ([], [])


async def test_a_route_that_takes_every_path_has_all_but_this_one(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP, prefix="/api")
        for path, of_server in [(f"/api{EVENTS}", True), ("/api/threads/1/stream", False), (f"/api/a{EVENTS}", False)]:
            count = len(server.app_calls.sockets)
            pending = connect(server, path)
            if of_server:
                (await server.app_calls.socket(count)).refuse(404, b"{}")
                assert response(pending, await pending.answer).status == 404
            else:
                assert (await pending.piece(1))[0] == {"text": "mine"}, path


async def test_a_client_that_is_gone_ends_what_the_server_does(tmp_path: Path) -> None:
    async with connected() as (server, worker):
        await load_app(server, tmp_path, APP)
        pending, socket = await opened(server)
        early = connect(server, EVENTS)
        unanswered = await server.app_calls.socket(1)
        for gone, of_server in ((pending, socket), (early, unanswered)):
            server.cancel(gone)
            with pytest.raises(CallFailed, match="cancelled"):
                await gone.answer
            await of_server.until(lambda socket: socket.over or socket.cancelled)
            assert of_server.heard == [{"closed": {"code": 1006, "reason": ""}}]
            of_server.close(1006)
        assert worker.app is not None
        await asyncio.wait_for(worker.app.stop(), 10)
        assert not worker.app._exchanges
        assert not [entry["text"] for entry in server.logs]


async def test_middleware_that_fails_ends_it_on_both_sides(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending, socket = await opened(server, (("x-breaks", "1"),))
        server.data(pending, {"text": "break"})
        with pytest.raises(CallFailed) as caught:
            await pending.answer
        assert (caught.value.type, caught.value.message) == ("ValueError", "kaboom")
        assert caught.value.diagnostic is not None
        assert caught.value.diagnostic["function"] == "breaks"
        await socket.until(lambda socket: socket.cancelled)


async def test_a_slow_side_holds_back_the_other_and_nobody_else(tmp_path: Path) -> None:
    window = 1024 * 1024
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending, socket = await opened(server)
        # The server takes nothing: the client is granted no more than two windows, that of each stream.
        socket.grants = False
        text = "x" * (window // 10)
        sent = 0
        while sent - pending.granted < window:
            sent += server.data(pending, {"text": text})
        await socket.until(lambda socket: socket.size >= window)
        other, _ = await opened(server)
        assert socket.size < window + 2 * len(text)
        # The client takes nothing: the server is granted no more.
        pending.grants = False
        while socket.credit > 0:
            socket.say(text)
        while pending.size < window:
            pending.arrived.clear()
            await pending.arrived.wait()
        assert pending.size < window + 2 * len(text)
        server.data(other, {"text": "still heard"})
        await server.app_calls.sockets[1].until(lambda socket: socket.heard == [{"text": "still heard"}])
        for gone in (pending, other):
            server.cancel(gone)
            with pytest.raises(CallFailed, match="cancelled"):
                await gone.answer
