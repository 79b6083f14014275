"""Who asks a project's HTTP app: before its routes or before its middleware, as it is configured, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_requests import ask, connect, load_app, response
from fake_server import FakeServer, connected
from lgx_worker.errors import CallFailed

APP = """
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute

order = []

class Sees:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "lifespan":
            order.append(scope["user"].identity if "user" in scope else None)
        await self.app(scope, receive, send)

async def me(request):
    if "user" not in request.scope:
        return JSONResponse([None, order])
    return JSONResponse([request.user.identity, request.user.plan, request.auth.scopes, order])

@requires("write")
async def writes(request):
    return PlainTextResponse("written")

async def socket(socket):
    await socket.accept()
    await socket.send_text(socket.user.identity)
    await socket.close()

app = Starlette(routes=[Route("/me", me), Route("/writes", writes), WebSocketRoute("/socket", socket)])
app.add_middleware(Sees)
"""
ANN = {"identity": "ann", "display_name": "Ann", "is_authenticated": True, "permissions": ["read"], "plan": "pro"}
REFUSAL = {"type": "Unauthorized", "message": "who?", "status": 401, "headers": {"WWW-Authenticate": "Bearer"}}


def paths(server: FakeServer) -> list[tuple[str, bool]]:
    return [(asked["request"]["path"], asked["of_app"]) for asked in server.app_calls.asked]


async def test_without_auth_nobody_is_asked(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        assert (await ask(server, "GET", "/me")).json == [None, [None]]
        await ask(server, "GET", "/threads")
        assert paths(server) == []


async def test_its_routes_ask_who_it_is_behind_its_middleware(tmp_path: Path) -> None:
    async with connected() as (server, _):
        server.app_calls.user = ANN
        await load_app(server, tmp_path, APP, auth=True)
        assert (await ask(server, "GET", "/me")).json == ["ann", "pro", ["authenticated", "read"], [None]]
        assert (await ask(server, "GET", "/writes")).status == 403
        await ask(server, "GET", "/threads")  # the server asks itself
        assert paths(server) == [("/me", True), ("/writes", True)]


async def test_with_auth_first_its_middleware_sees_who_it_is_on_the_servers_routes_too(tmp_path: Path) -> None:
    async with connected() as (server, _):
        server.app_calls.user = ANN
        await load_app(server, tmp_path, APP, auth=True, auth_first=True)
        await ask(server, "GET", "/threads")
        assert (await ask(server, "GET", "/me")).json == ["ann", "pro", ["authenticated", "read"], ["ann", "ann"]]
        assert paths(server) == [("/threads", False), ("/me", True)]
        # Both for the call that they belong to, so that the server does not ask again.
        (served,) = server.app_calls.served
        assert served.params["call"] == server.app_calls.asked[0]["call"]
        events = connect(server, "/threads/1/stream/events")
        socket = await server.app_calls.socket()
        socket.refuse(403, b"{}")
        assert response(events, await events.answer).status == 403
        assert paths(server)[2:] == [("/threads/1/stream/events", False)]
        assert socket.params["call"] == server.app_calls.asked[2]["call"] == events.id


async def test_with_auth_first_its_own_routes_are_open_unless_they_are_to_ask(tmp_path: Path) -> None:
    async with connected() as (server, _):
        server.app_calls.user = ANN
        await load_app(server, tmp_path, APP, auth_first=True)
        assert (await ask(server, "GET", "/me")).json == [None, [None]]
        await ask(server, "GET", "/threads")
        assert paths(server) == [("/threads", False)]


@pytest.mark.parametrize("auth_first", [False, True])
async def test_who_is_refused_is_answered_as_the_server_does(tmp_path: Path, auth_first: bool) -> None:
    async with connected() as (server, _):
        server.app_calls.refusal = REFUSAL
        await load_app(server, tmp_path, APP, auth=True, auth_first=auth_first)
        answer = await ask(server, "GET", "/me")
        assert (answer.status, answer.json) == (401, {"detail": "who?"})
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/json"
        # Taken back while nobody of the app has seen it: it may be asked of another worker.
        assert len(server.begun) == (0 if auth_first else 1)
        socket = connect(server, "/socket")
        refused = response(socket, await socket.answer)
        assert (refused.status, refused.json) == (401, {"detail": "who?"})


async def test_a_websocket_knows_who_it_is(tmp_path: Path) -> None:
    async with connected() as (server, _):
        server.app_calls.user = ANN
        await load_app(server, tmp_path, APP, auth=True)
        pending = connect(server, "/socket")
        await pending.answer
        assert [meta.get("text") for meta, _ in pending.pieces or ()] == [None, "ann"]
        assert paths(server) == [("/socket", True)]


async def test_auth_that_fails_is_an_error(tmp_path: Path) -> None:
    async with connected() as (server, _):
        server.app_calls.refusal = {"type": "RuntimeError", "message": "no database"}
        await load_app(server, tmp_path, APP, auth=True)
        with pytest.raises(CallFailed, match="no database"):
            await ask(server, "GET", "/me")


async def test_an_app_that_is_no_framework_asks_before_it_is_asked(tmp_path: Path) -> None:
    async with connected() as (server, _):
        server.app_calls.user = ANN
        await load_app(
            server,
            tmp_path,
            """
            async def app(scope, receive, send):
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": scope["user"].identity.encode()})
            """,
            auth=True,
        )
        assert (await ask(server, "GET", "/any")).text == "ann"
        assert paths(server) == [("/any", True)]
