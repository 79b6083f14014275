"""A project's HTTP app answers what it has routes for, behind its middleware, and leaves the rest to the server."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from app_requests import ask, end_of, load_app, start
from fake_server import connected
from lgx_worker.errors import CallFailed
from test_handlers import MESSAGES

APP = """
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

async def hello(request):
    return PlainTextResponse(f"hello {request.query_params.get('name')}", headers={"X-Own": "é"})

async def item(request):
    return JSONResponse({"item": request.path_params["id"], "body": (await request.body()).decode()})

app = Starlette(routes=[
    Route("/hello", hello),
    Route("/items/{id:int}", item, methods=["POST"]),
])
"""


async def test_its_routes_answer_and_all_else_is_the_servers(tmp_path: Path) -> None:
    async with connected() as (server, _):
        told = await load_app(server, tmp_path, APP)
        assert told == {
            "wraps": False,
            "routes": [
                {"starts": "/hello", "whole": True, "socket": False},
                {"starts": "/items/", "whole": False, "socket": False},
            ],
        }
        pending = start(server, "GET", "/hello", query="name=ann")
        hello = await end_of(pending)
        assert (hello.status, hello.text, hello.headers["x-own"], hello.pieces) == (200, "hello ann", "é", 0)
        assert server.begun == [pending.id]
        assert (await ask(server, "POST", "/items/7", b"abc")).json == {"item": 7, "body": "abc"}
        assert server.app_calls.served == []
        # No such path, a parameter of another kind, another method, and a slash too many: the server may know it.
        for method, path in (("GET", "/nope"), ("POST", "/items/x"), ("DELETE", "/hello"), ("GET", "/hello/")):
            assert (await ask(server, method, path, b"xy")).json == {"server": f"{method} {path}", "got": 2}


async def test_the_servers_route_gets_the_request_as_it_came(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        pending = start(server, "PUT", "/café", b"body", [("x-é", "ü")], query="a=%20")
        await end_of(pending)
        (served,) = server.app_calls.served
        assert served.params["call"] == pending.id
        request = served.params["request"]
        assert (request["method"], request["path"], request["query"]) == ("PUT", "/café", "a=%20")
        assert request["raw_path"] == "/caf%C3%A9"
        assert request["headers"] == [["host", "127.0.0.1:2024"], ["x-é", "ü"]]
        assert (request["client"], request["server"]) == (["127.0.0.1", 50123], ["127.0.0.1", 2024])


async def test_a_prefix_is_part_of_the_path_and_the_root_path(tmp_path: Path) -> None:
    async with connected() as (server, _):
        source = APP.replace(
            "hello {request.query_params.get('name')}", "{request.url.path} {request.scope['root_path']}"
        )
        told = await load_app(server, tmp_path, source, prefix="/pre")
        assert [route["starts"] for route in told["routes"]] == ["/hello", "/items/"]
        assert (await ask(server, "GET", "/pre/hello")).text == "/pre/hello /pre"


async def test_a_head_request_has_no_body_and_need_not_wait_for_one(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            APP
            + """
async def endless(request):
    async def body():
        while True:
            yield b"x"
            await asyncio.sleep(0)
    from starlette.responses import StreamingResponse
    import asyncio
    return StreamingResponse(body())

app.router.routes.append(Route("/endless", endless))
""",
        )
        head = await ask(server, "HEAD", "/hello")
        assert (head.status, head.headers["content-length"], head.body) == (200, "10", b"")
        assert (await ask(server, "HEAD", "/endless")).status == 200


MIDDLEWARE = (
    APP
    + """
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware

class Pure:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def marked(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-pure", b"1")]
            await send(message)
        await self.app(scope, receive, marked)

class Base(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.url.path == "/forbidden":
            return PlainTextResponse("no", status_code=403)
        read = len(await request.body()) if "x-read" in request.headers else 0
        response = await call_next(request)
        response.headers["X-Base"] = str(read)
        return response

app.add_middleware(Base)
app.add_middleware(Pure)
"""
)


async def test_its_middleware_sees_its_own_requests_and_those_of_the_server(tmp_path: Path) -> None:
    async with connected() as (server, _):
        assert (await load_app(server, tmp_path, MIDDLEWARE))["wraps"]
        for path in ("/hello", "/threads"):
            answer = await ask(server, "GET", path)
            assert (answer.headers["x-pure"], answer.headers["x-base"]) == ("1", "0")
        # Middleware that reads the body leaves it to the server all the same.
        answer = await ask(server, "POST", "/threads", b"12345", [("x-read", "1")])
        assert (answer.json, answer.headers["x-base"]) == ({"server": "POST /threads", "got": 5}, "5")
        served = len(server.app_calls.served)
        assert (await ask(server, "POST", "/forbidden")).status == 403
        assert len(server.app_calls.served) == served


async def test_middleware_that_gives_the_body_again_and_again_hangs_nothing(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            APP
            + """
class Reads:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        message = await receive()

        async def again():
            return message
        await self.app(scope, again, send)

app.add_middleware(Reads)
""",
        )
        assert (await ask(server, "POST", "/threads", b"12")).json["got"] == 2


async def test_middleware_that_was_put_around_it_by_hand_wraps_the_server_too(tmp_path: Path) -> None:
    async with connected() as (server, _):
        source = MIDDLEWARE.replace("app.add_middleware(Base)", "").replace(
            "app.add_middleware(Pure)", "app = Pure(app)"
        )
        told = await load_app(server, tmp_path, source)
        assert told["wraps"]
        assert told["routes"][0]["starts"] == "/hello"
        for path in ("/hello", "/threads"):
            assert (await ask(server, "GET", path)).headers["x-pure"] == "1"


async def test_a_bare_router_is_an_app_too(tmp_path: Path) -> None:
    async with connected() as (server, _):
        source = APP + "\nfrom starlette.routing import Router\napp = Router(app.routes)\n"
        assert len((await load_app(server, tmp_path, source))["routes"]) == 2
        assert (await ask(server, "GET", "/hello")).text == "hello None"
        assert "server" in (await ask(server, "GET", "/nope")).json


PLAIN = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    if scope["path"] == "/plain":
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Plain", b"1")]})
        await send({"type": "http.response.body", "body": bytearray(b"plain "), "more_body": True})
        await send({"type": "http.response.body", "body": memoryview(body)})
    else:
        if scope["path"] == "/read":
            await receive()
        await send({"type": "http.response.start", "status": 404 if scope["method"] == "GET" else 405})
        await send({"type": "http.response.body", "body": b"unknown"})
"""


async def test_any_asgi_app_is_asked_first_and_what_it_does_not_know_is_the_servers(tmp_path: Path) -> None:
    async with connected() as (server, _):
        told = await load_app(server, tmp_path, PLAIN)
        assert told["wraps"] is False
        assert told["routes"] == [{"starts": "/", "whole": False, "socket": socket} for socket in (False, True)]
        plain = await ask(server, "POST", "/plain", b"body")
        assert (plain.text, plain.headers) == ("plain body", {"x-plain": "1"})
        assert (await ask(server, "GET", "/threads")).json == {"server": "GET /threads", "got": 0}
        assert (await ask(server, "POST", "/read", b"abc")).json == {"server": "POST /read", "got": 3}


async def test_what_the_server_does_not_know_either_is_the_apps_to_say(tmp_path: Path) -> None:
    async with connected() as (server, _):
        server.app_calls.by_itself = False
        await load_app(server, tmp_path, PLAIN)
        for index, (status, body, told) in enumerate(
            [
                (404, b'{"detail":"Not Found"}', (404, "unknown")),
                (404, b'{"detail":"Thread not found"}', (404, '{"detail":"Thread not found"}')),
                (401, b'{"detail":"Not Found"}', (401, '{"detail":"Not Found"}')),
            ]
        ):
            pending = start(server, "GET", "/threads/7")
            (await server.app_calls.next(index)).answer(body, status)
            answer = await end_of(pending)
            assert (answer.status, answer.text) == told


async def test_static_files_at_the_root_leave_what_is_no_file_to_the_server(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<p>home")
    async with connected() as (server, _):
        told = await load_app(
            server,
            tmp_path,
            """
            from pathlib import Path
            from starlette.applications import Starlette
            from starlette.routing import Mount
            from starlette.staticfiles import StaticFiles
            app = Starlette(routes=[Mount("/", StaticFiles(directory=Path(__file__).parent / "site", html=True))])
            """,
        )
        assert told["routes"] == [{"starts": "/", "whole": False, "socket": False}]
        assert (await ask(server, "GET", "/")).text == "<p>home"
        assert (await ask(server, "GET", "/threads")).json["server"] == "GET /threads"
        assert (await ask(server, "POST", "/threads", b"ab")).json == {"server": "POST /threads", "got": 2}
        server.app_calls.by_itself = False
        pending = start(server, "GET", "/nothing")
        (await server.app_calls.next(2)).answer(b'{"detail":"Not Found"}', 404)
        answer = await end_of(pending)
        assert (answer.status, answer.text) == (404, "Not Found")  # as Starlette says it


async def test_mounted_static_files_have_ranges(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a.txt").write_text("0123456789")
    async with connected() as (server, _):
        told = await load_app(
            server,
            tmp_path,
            """
            from pathlib import Path
            from starlette.applications import Starlette
            from starlette.routing import Mount
            from starlette.staticfiles import StaticFiles
            app = Starlette(routes=[Mount("/files", StaticFiles(directory=Path(__file__).parent / "site"))])
            """,
        )
        assert told["routes"] == [{"starts": "/files/", "whole": False, "socket": False}]
        assert (await ask(server, "GET", "/files/a.txt")).text == "0123456789"
        some = await ask(server, "GET", "/files/a.txt", headers=[("range", "bytes=2-4")])
        if some.status == 206:  # older ones have no ranges
            assert (some.text, some.headers["content-range"]) == ("234", "bytes 2-4/10")
        # Below a path of its own the app says itself what it does not have.
        assert (await ask(server, "GET", "/files/b.txt")).status == 404
        assert server.app_calls.served == []


async def test_routes_of_every_kind_are_told_by_what_they_may_be_for(tmp_path: Path) -> None:
    async with connected() as (server, _):
        told = await load_app(
            server,
            tmp_path,
            """
            from starlette.applications import Starlette
            from starlette.responses import PlainTextResponse
            from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

            async def where(request):
                return PlainTextResponse(f"{request.scope['root_path']} {request.path_params}")

            nested = Router([Route("/in", where)])
            app = Starlette(routes=[
                WebSocketRoute("/ws/{room}", where),
                Mount("/users/{name}", nested),
                Mount("/flat", routes=[Route("/", where)]),
                Host("api.example.org", nested),
            ])
            """,
        )
        assert told["routes"] == [
            {"starts": starts, "whole": False, "socket": socket}
            for starts, sockets in (("/ws/", [True]), *((path, [False, True]) for path in ("/users/", "/flat/", "/")))
            for socket in sockets
        ]
        assert (await ask(server, "GET", "/users/ann/in")).text == "/users/ann {'name': 'ann'}"
        assert (await ask(server, "GET", "/flat/")).text == "/flat {}"
        # A host has all of its paths, and other hosts none of them.
        assert (await ask(server, "GET", "/in")).json["server"] == "GET /in"
        pending = start(server, "GET", "/in", host="api.example.org:2024")
        assert (await end_of(pending)).text == " {}"


async def test_its_requests_are_those_of_the_golden_messages(tmp_path: Path) -> None:
    golden = {message["name"]: message for message in MESSAGES}
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP, auth_first=True)
        call = golden["call http with a body"]
        pending = server.start("http", call["meta"]["params"], [b64decode(section) for section in call["sections"]])
        await pending.answer
        (served,), (asked,) = server.app_calls.served, server.app_calls.asked
        assert served.params["request"] == call["meta"]["params"]["request"]
        assert served.body == b"body"
        for params, name in ((served.params, "call http.serve"), (asked, "call http.authenticate")):
            wanted = golden[name]["meta"]["params"]
            assert (params.keys(), params["request"].keys()) == (wanted.keys(), wanted["request"].keys())


# ---- failures


FAILS = APP.replace('return JSONResponse({"item"', 'raise ValueError("kaboom")\n    return JSONResponse({"item"')


def place(failure: CallFailed) -> tuple[str, int, str]:
    assert failure.diagnostic is not None
    return Path(failure.diagnostic["file"]).name, failure.diagnostic["line"], failure.diagnostic["function"]


async def test_a_crash_is_told_with_its_line(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, FAILS)
        with pytest.raises(CallFailed) as caught:
            await ask(server, "POST", "/items/1")
        assert (caught.value.type, caught.value.message, caught.value.status) == ("ValueError", "kaboom", None)
        assert place(caught.value) == ("app.py", 10, "item")


async def test_a_crash_in_the_middle_of_a_stream_breaks_it_off(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            """
            from starlette.applications import Starlette
            from starlette.responses import StreamingResponse
            from starlette.routing import Route

            async def broken(request):
                async def body():
                    yield b"one"
                    raise RuntimeError("broken")
                return StreamingResponse(body())

            app = Starlette(routes=[Route("/", broken)])
            """,
        )
        pending = start(server, "GET", "/")
        with pytest.raises(CallFailed) as caught:
            await pending.answer
        assert pending.pieces is not None
        assert [sections for _, sections in pending.pieces] == [[b"one"]]
        assert place(caught.value) == ("app.py", 9, "body")


async def test_a_handler_for_all_exceptions_answers_and_the_crash_is_logged(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            FAILS
            + """
async def sorry(request, error):
    return PlainTextResponse("sorry", status_code=500)
app.add_exception_handler(Exception, sorry)
""",
        )
        answer = await ask(server, "POST", "/items/1")
        assert (answer.status, answer.text) == (500, "sorry")
        entry = await server.log("kaboom")
        assert (entry["level"], entry["logger"], entry["run_id"]) == ("error", "lgx", None)
        first = entry["text"].splitlines()[0]
        assert (
            first
            == f"{tmp_path / 'app.py'}:10: the HTTP app failed in POST /items/1 after its answer: ValueError: kaboom"
        )


async def test_exceptions_that_have_a_handler_are_answers(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            FAILS
            + """
from starlette.exceptions import HTTPException
async def wrong(request, error):
    return PlainTextResponse(str(error), status_code=418)
app.add_exception_handler(ValueError, wrong)
async def teapot(request):
    raise HTTPException(409, "taken", headers={"x-why": "so"})
app.router.routes.append(Route("/teapot", teapot))
""",
        )
        answer = await ask(server, "POST", "/items/1")
        assert (answer.status, answer.text) == (418, "kaboom")
        answer = await ask(server, "GET", "/teapot")
        assert (answer.status, answer.text, answer.headers["x-why"]) == (409, "taken", "so")


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ("", "returned without having completed its answer"),
        ("await send({'type': 'http.response.body'})", "sends `http.response.start` first"),
        ("await send(START); await send(START)", "sends `http.response.start` once"),
        ("await send(START)", "returned without having completed its answer"),
        ("await send(START); await send({'type': 'http.response.body', 'body': 'text'})", "is bytes, and not str"),
        ("await send({**START, 'headers': [('a', 'b')]})", "are pairs of bytes"),
        ("await send({'type': 'websocket.accept'})", "and not 'websocket.accept'"),
        ("await send(START); await send({'type': 'http.response.pathsend', 'path': '/x'})", "without having completed"),
    ],
)
async def test_an_app_that_breaks_the_rules_is_told_which(tmp_path: Path, messages: str, told: str) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            f"""
            START = {{"type": "http.response.start", "status": 200}}
            async def app(scope, receive, send):
                if scope["type"] == "http":
                    {messages or "pass"}
            """,
        )
        with pytest.raises(CallFailed) as caught:
            await ask(server, "GET", "/")
        assert told in caught.value.message


async def test_background_tasks_go_on_behind_the_answer_and_their_crash_is_logged(tmp_path: Path) -> None:
    async with connected() as (server, worker):
        await load_app(
            server,
            tmp_path,
            """
            import asyncio
            from starlette.applications import Starlette
            from starlette.background import BackgroundTask
            from starlette.responses import PlainTextResponse
            from starlette.routing import Route

            gate = asyncio.Event()

            async def later():
                await gate.wait()
                raise LookupError("in the background")

            async def now(request):
                return PlainTextResponse("now", background=BackgroundTask(later))

            async def open_gate(request):
                gate.set()
                return PlainTextResponse("open")

            app = Starlette(routes=[Route("/now", now), Route("/open", open_gate)])
            """,
        )
        assert (await ask(server, "GET", "/now")).text == "now"
        assert worker.app is not None
        stopping = asyncio.ensure_future(worker.app.stop())
        await ask(server, "GET", "/open")
        await stopping
        assert "in the background" in (await server.log("after its answer"))["text"]


async def test_what_it_prints_belongs_to_no_run(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(
            server,
            tmp_path,
            """
            from lgx_worker.run_context import attribute_to_run, current_run
            from starlette.applications import Starlette
            from starlette.responses import JSONResponse
            from starlette.routing import Route

            async def seen(request):
                before = current_run()
                attribute_to_run("r1")
                return JSONResponse(before)

            app = Starlette(routes=[Route("/", seen)])
            """,
        )
        assert [(await ask(server, "GET", "/")).json for _ in range(2)] == [None, None]


async def test_a_call_that_is_taken_back_before_it_begins_is_not_begun(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        with server.together():
            pending = start(server, "GET", "/hello")
            server.cancel(pending)
        with pytest.raises(CallFailed) as caught:
            await pending.answer
        assert caught.value.type == "Cancelled"
        assert server.begun == []


FASTAPI = """
from fastapi import FastAPI

app = FastAPI(title="Shop", version="7")

@app.get("/goods")
async def goods() -> list:
    return []
"""


async def test_fastapi_describes_its_routes(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, FASTAPI)
        described = (await server.call("http.openapi", {})).meta["openapi"]
        assert described["info"] == {"title": "Shop", "version": "7"}
        assert list(described["paths"]) == ["/goods"]


async def test_an_app_that_is_not_fastapis_describes_nothing(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        assert (await server.call("http.openapi", {})).meta == {"openapi": None}


@pytest.mark.parametrize(("broken", "why"), [("1 / 0", "ZeroDivisionError"), ("raise SystemError('x')", "SystemError")])
async def test_an_app_that_cannot_describe_itself_says_why_in_the_log(tmp_path: Path, broken: str, why: str) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, f"{FASTAPI}\n\ndef fails():\n    {broken}\n\napp.openapi = fails\n")
        assert (await server.call("http.openapi", {})).meta == {"openapi": None}
        (entry,) = [entry for entry in server.logs if why in entry["text"]]
        assert entry["level"] == "error"
        assert "the HTTP app failed in the description of its routes" in entry["text"]


async def test_projects_without_an_app_have_none_to_ask() -> None:
    from projects import load

    async with connected() as (server, _):
        assert "app" not in await load(server, {})
        calls: list[tuple[str, dict[str, Any]]] = [("http.openapi", {}), ("http", {}), ("websocket", {})]
        for method, params in calls:
            with pytest.raises(CallFailed, match="no HTTP app"):
                await server.call(method, params)
