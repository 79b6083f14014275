"""WebSockets of a project's HTTP app: the handshake, messages both ways, and either side's end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app_requests import connect, load_app, response
from fake_server import Pending, connected
from lgx_worker.errors import CallFailed

APP = """
import asyncio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

async def echo(socket):
    await socket.accept("two", headers=[(b"x-accepted", b"1")])
    assert socket.scope["scheme"] == "ws"
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            print("code", message["code"], message["reason"])
            return
        await socket.send({**message, "type": "websocket.send"})

async def closes(socket):
    await socket.accept()
    await socket.close(4001, "enough")

async def refuses(socket):
    await socket.close()

async def denies(socket):
    await socket.send_denial_response(JSONResponse({"detail": "who?"}, 401, {"x-denied": "1"}))

async def returns(socket):
    if "accept" in socket.query_params:
        await socket.accept()

async def crashes(socket):
    if socket.url.path == "/crashes-late":
        await socket.accept()
    raise ValueError("kaboom")

async def text_only(socket):
    await socket.accept()
    while True:
        await socket.send_text(await socket.receive_text())

async def talks(socket):
    await socket.accept()
    while True:
        await socket.send_text("tick")
        await asyncio.sleep(0)

app = Starlette(routes=[
    WebSocketRoute("/echo/{name}", echo), WebSocketRoute("/closes", closes), WebSocketRoute("/refuses", refuses),
    WebSocketRoute("/denies", denies), WebSocketRoute("/returns", returns), WebSocketRoute("/crashes", crashes),
    WebSocketRoute("/crashes-late", crashes), WebSocketRoute("/text", text_only), WebSocketRoute("/talks", talks),
    Mount("/", StaticFiles(directory=".")),
])
"""


async def messages(pending: Pending) -> list[object]:
    """What the app has sent by the end of the socket, after it was accepted."""
    await pending.answer
    assert pending.pieces is not None
    return [meta.get("text", sections) for meta, sections in pending.pieces[1:]]


async def test_messages_go_both_ways_until_the_client_closes(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    async with connected() as (server, _):
        told = await load_app(server, tmp_path, APP)
        assert told["routes"][:2] == [
            {"starts": "/echo/", "whole": False, "socket": True},
            {"starts": "/closes", "whole": True, "socket": True},
        ]
        pending = connect(server, "/echo/a", subprotocols=["one", "two"])
        meta, _ = await pending.piece(0)
        headers = [["x-accepted", "1"]]
        assert meta == {"accept": {"subprotocol": "two", "headers": headers, "route": "/echo/{name}"}}
        assert server.begun == [pending.id]
        server.data(pending, {"text": "hé"})
        server.data(pending, {}, [b"\x00\xff"])
        server.data(pending, {"text": ""})
        await pending.piece(3)
        server.data(pending, {"closed": {"code": 4000, "reason": "bye"}}, last=True)
        assert (await pending.answer).meta == {"close": {"code": 4000, "reason": "bye"}}
        assert await messages(pending) == ["hé", [b"\x00\xff"], ""]
        assert "code 4000 bye" in capsys.readouterr().out


async def test_the_app_closes(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        closes = connect(server, "/closes")
        assert (await closes.answer).meta == {"close": {"code": 4001, "reason": "enough"}}
        assert closes.pieces == [({"accept": {"subprotocol": None, "headers": [], "route": "/closes"}}, [])]


async def test_the_app_refuses(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        refuses = connect(server, "/refuses")
        assert (await refuses.answer).meta == {"close": {"code": 1000, "reason": ""}}
        assert refuses.pieces == [({"route": "/refuses"}, [])]
        denies = connect(server, "/denies")
        answer = response(denies, await denies.answer)
        assert answer.route == "/denies"
        assert (answer.status, answer.json, answer.headers["x-denied"]) == (401, {"detail": "who?"}, "1")
        # No route of the app has it; files are nothing for a WebSocket.
        nothing = connect(server, "/nothing")
        answer = response(nothing, await nothing.answer)
        assert (answer.status, answer.json) == (404, {"detail": "Not Found"})


async def test_an_app_that_returns_has_done_with_the_socket(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        assert (await connect(server, "/returns", query="accept=").answer).meta == {
            "close": {"code": 1000, "reason": ""}
        }
        with pytest.raises(CallFailed, match="without having completed"):
            await connect(server, "/returns").answer


@pytest.mark.parametrize("path", ["/crashes", "/crashes-late"])
async def test_a_crash_is_told_with_its_line(tmp_path: Path, path: str) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending = connect(server, path)
        with pytest.raises(CallFailed) as caught:
            await pending.answer
        assert (caught.value.type, caught.value.message) == ("ValueError", "kaboom")
        assert caught.value.diagnostic is not None
        assert caught.value.diagnostic["function"] == "crashes"
        assert pending.pieces is not None
        # That is all: of the route alone where it is not accepted.
        ((told, _),) = pending.pieces
        assert told.get("accept", told)["route"] == path


async def test_that_the_client_has_closed_is_no_crash(tmp_path: Path) -> None:
    async with connected() as (server, worker):
        await load_app(server, tmp_path, APP)
        for path in ("/text", "/talks"):
            pending = connect(server, path)
            await pending.piece(0)
            server.data(pending, {"closed": {"code": 1001, "reason": ""}}, last=True)
            assert (await pending.answer).meta == {"close": {"code": 1001, "reason": ""}}
        assert worker.app is not None
        await asyncio.wait_for(worker.app.stop(), 10)
        assert not worker.app._exchanges
        assert not [entry["text"] for entry in server.logs]


async def test_a_client_that_is_gone_ends_an_app_that_only_sends(tmp_path: Path) -> None:
    async with connected() as (server, worker):
        await load_app(server, tmp_path, APP)
        pending = connect(server, "/talks")
        await pending.piece(3)
        server.cancel(pending)
        with pytest.raises(CallFailed, match="cancelled"):
            await pending.answer
        assert worker.app is not None
        await worker.app.stop()
        assert not worker.app._exchanges
        assert not [entry["text"] for entry in server.logs]


async def test_messages_that_the_client_does_not_take_hold_back_the_app(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP.replace('"tick"', '"tick" * 10_000'))
        pending = connect(server, "/talks")
        pending.grants = False
        while pending.size < 1024 * 1024:
            pending.arrived.clear()
            await pending.arrived.wait()
        for _ in range(50):
            await server.call("http.openapi", {})
        assert pending.size < 1024 * 1024 + 41_000
        server.cancel(pending)
        with pytest.raises(CallFailed, match="cancelled"):
            await pending.answer


async def test_middleware_sees_websockets_too(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            APP
            + """
class Guard:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket" and (b"x-pass", b"1") not in scope["headers"]:
            return await send({"type": "websocket.close"})
        await self.app(scope, receive, send)

app.add_middleware(Guard)
""",
        )
        guarded = connect(server, "/closes")
        assert ((await guarded.answer).meta, guarded.pieces) == ({"close": {"code": 1000, "reason": ""}}, [])
        assert (await connect(server, "/closes", [("x-pass", "1")]).answer).meta["close"]["code"] == 4001


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ("await send({'type': 'websocket.send', 'text': 'early'})", "is not accepted yet"),
        ("await send(ACCEPT); await send(ACCEPT)", "is accepted"),
        ("await send(ACCEPT); await send(DENY)", "is accepted"),
        ("await send(DENY); await send(ACCEPT)", "is being refused"),
    ],
)
async def test_an_app_that_breaks_the_rules_is_told_which(tmp_path: Path, messages: str, told: str) -> None:
    async with connected() as (server, _):
        source = f"""
            ACCEPT, DENY = {{"type": "websocket.accept"}}, {{"type": "websocket.http.response.start", "status": 401}}
            async def app(scope, receive, send):
                if scope["type"] == "websocket":
                    {messages}
            """
        await load_app(server, tmp_path, source)
        with pytest.raises(CallFailed, match=told):
            await connect(server, "/any").answer


async def test_an_app_that_is_no_framework_has_all_websockets(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            """
            async def app(scope, receive, send):
                assert scope["type"] == "websocket"
                assert (await receive()) == {"type": "websocket.connect"}
                await send({"type": "websocket.accept"})
                await send({"type": "websocket.send", "text": scope["path"]})
                await send({"type": "websocket.close", "code": 1000})
            """,
        )
        pending = connect(server, "/any/path")
        assert await messages(pending) == ["/any/path"]
