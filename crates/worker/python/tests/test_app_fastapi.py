"""What FastAPI adds to Starlette works in a project's app as it does anywhere: validation, dependencies, its schema."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI

from app_requests import ask, connect, load_app
from fake_server import connected

APP = """
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

log = []
app = FastAPI(title="mine", version="7")
router = APIRouter(prefix="/v1")

class Item(BaseModel):
    name: str
    price: float

async def session():
    log.append("opened")
    try:
        yield "session"
    finally:
        log.append("closed")

@app.post("/items")
async def create(item: Item, session: str = Depends(session)) -> Item:
    log.append(session)
    return item

@app.get("/log")
async def read_log():
    return log

@app.get("/fails")
def fails(session: str = Depends(session)):
    raise HTTPException(418, {"why": "teapot"})

@app.get("/stream")
async def stream():
    async def events():
        for n in range(3):
            yield f"data: {n}\\n\\n"
    return StreamingResponse(events(), media_type="text/event-stream")

@router.get("/things/{thing}")
def thing(thing: int, request: Request, background: BackgroundTasks):
    background.add_task(log.append, f"thing {thing}")
    return {"thing": thing, "url": str(request.url_for("thing", thing=thing))}

@router.websocket("/ws/{name}")
async def ws(socket: WebSocket, name: str, session: str = Depends(session)):
    await socket.accept()
    await socket.send_json({"name": name, "session": session})

app.include_router(router)

@app.middleware("http")
async def timed(request, call_next):
    response = await call_next(request)
    response.headers["x-timed"] = "1"
    return response
"""


async def test_its_routes_with_those_of_routers_that_are_included(tmp_path: Path) -> None:
    async with connected() as (server, _):
        told = await load_app(server, tmp_path, APP)
        assert told["wraps"]
        starts = {(route["starts"], route["whole"], route["socket"]) for route in told["routes"]}
        assert {
            ("/redoc", True, False),
            ("/items", True, False),
            ("/v1/things/", False, False),
            ("/v1/ws/", False, True),
        } <= starts
        assert "/docs" not in {route["starts"] for route in told["routes"]}
        assert "/" not in {route["starts"] for route in told["routes"]}
        thing = await ask(server, "GET", "/v1/things/5")
        assert thing.json == {"thing": 5, "url": "http://127.0.0.1:2024/v1/things/5"}
        assert thing.headers["x-timed"] == "1"
        assert (await ask(server, "GET", "/v1/nope")).json["server"] == "GET /v1/nope"
        assert (await ask(server, "PATCH", "/v1/things/5")).json["server"] == "PATCH /v1/things/5"


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/v1/things/5", "/v1/things/{thing}"),
        ("POST", "/items", "/items"),
        ("GET", "/stream", "/stream"),
        ("GET", "/fails", "/fails"),
        ("GET", "/v1/nope", None),
        ("GET", "/threads", None),
    ],
)
async def test_an_answer_tells_the_route_as_the_app_writes_it(
    tmp_path: Path, method: str, path: str, route: str | None
) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        assert (await ask(server, method, path)).route == route
        socket = connect(server, "/v1/ws/a")
        accepted, _ = await socket.piece(0)
        assert accepted["accept"]["route"] == "/v1/ws/{name}"


async def test_its_docs_are_the_servers_and_its_redoc_its_own(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        for path in ("/docs", "/openapi.json"):
            assert (await ask(server, "GET", path)).json["server"] == f"GET {path}"
        assert "redoc" in (await ask(server, "GET", "/redoc")).text


async def test_validation_and_dependencies_with_yield(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        json = [("content-type", "application/json")]
        good = await ask(server, "POST", "/items", b'{"name":"a","price":"1.5"}', json)
        assert good.json == {"name": "a", "price": 1.5}
        wrong = await ask(server, "POST", "/items", b'{"name":"a"}', json)
        assert wrong.status == 422
        assert wrong.json["detail"][0]["loc"] == ["body", "price"]
        assert (await ask(server, "GET", "/v1/things/x")).status == 422
        teapot = await ask(server, "GET", "/fails")
        assert (teapot.status, teapot.json) == (418, {"detail": {"why": "teapot"}})
        # That of the refused request was opened or not, as the version has it; what was opened was closed.
        log = (await ask(server, "GET", "/log")).json
        assert log[:3] == ["opened", "session", "closed"]
        assert log.count("opened") == log.count("closed")


async def test_streams_and_background_tasks(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        stream = await ask(server, "GET", "/stream")
        assert stream.text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"
        await ask(server, "GET", "/v1/things/9")
        while "thing 9" not in (await ask(server, "GET", "/log")).json:
            pass


async def test_websockets_with_dependencies(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending = connect(server, "/v1/ws/ann")
        assert (await pending.answer).meta["close"]["code"] == 1000
        assert pending.pieces is not None
        assert pending.pieces[1][0]["text"].replace(" ", "") == '{"name":"ann","session":"session"}'


async def test_its_schema_is_told(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        schema = (await server.call("http.openapi", {})).meta["openapi"]
        assert schema["info"] == {"title": "mine", "version": "7"}
        assert set(schema["paths"]) == {"/items", "/log", "/fails", "/stream", "/v1/things/{thing}"}


async def test_an_app_of_another_kind_has_no_schema_to_tell(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, "from starlette.applications import Starlette\napp = Starlette()\n")
        assert (await server.call("http.openapi", {})).meta == {"openapi": None}


async def test_a_mounted_app_has_its_own_stack(tmp_path: Path) -> None:
    async with connected() as (server, _):
        told = await load_app(server, tmp_path, APP + "\nouter = FastAPI()\nouter.mount('/sub', app)\napp = outer\n")
        assert {"starts": "/sub/", "whole": False, "socket": True} in told["routes"]
        assert not told["wraps"]
        answer = await ask(server, "GET", "/sub/v1/things/5")
        assert answer.json["url"] == "http://127.0.0.1:2024/sub/v1/things/5"
        assert answer.headers["x-timed"] == "1"
        assert (await ask(server, "GET", "/sub/nope")).status == 404
        assert (await ask(server, "GET", "/nope")).json["server"] == "GET /nope"


async def test_a_built_frontend_leaves_what_is_no_file_to_the_server(tmp_path: Path) -> None:
    if not hasattr(FastAPI, "frontend"):
        pytest.skip("this version has no frontends")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "main.js").write_text("run()")
    async with connected() as (server, _):
        source = APP + f"\napp.frontend('/', directory={str(tmp_path / 'dist')!r})\n"
        told = await load_app(server, tmp_path, source)
        assert {"starts": "/", "whole": False, "socket": False} in told["routes"]
        assert (await ask(server, "GET", "/main.js")).text == "run()"
        assert (await ask(server, "GET", "/v1/things/5")).json["thing"] == 5
        assert (await ask(server, "GET", "/threads")).json["server"] == "GET /threads"
