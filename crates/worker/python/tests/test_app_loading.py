"""A project's HTTP app is loaded and started up, or the project does not load, and it is ended with the worker."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from app_requests import app_params, ask, load_app, start
from fake_server import connected
from lgx_worker.errors import CallFailed
from projects import load_params, process

APP = """
from contextlib import asynccontextmanager
from contextvars import ContextVar
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
import asyncio

said = ContextVar("said", default="nothing")
said.set("at import")
gate = asyncio.Event()

@asynccontextmanager
async def lifespan(app):
    asyncio.get_running_loop()
    said.set("in the lifespan")
    app.state.shared = "s"
    print("begins")
    yield {"pool": ["p"], "count": 0}
    print("ends")

async def state(request):
    request.state.count += 1
    request.state.pool.append("q")
    before = said.get()
    said.set("in a request")
    seen = [request.app.state.shared, request.state.pool, request.state.count, before]
    return JSONResponse(seen)

async def works(request):
    async def work():
        await asyncio.sleep(0.05)
        print("worked")
    return PlainTextResponse("working", background=BackgroundTask(work))

app = Starlette(routes=[Route("/state", state), Route("/works", works)], lifespan=lifespan)
"""


async def test_what_the_lifespan_makes_is_there_for_every_request(tmp_path: Path) -> None:
    async with connected() as (server, _):
        await load_app(server, tmp_path, APP)
        # The state is copied for each request, what is in it is not. What is set in the context stays in the request.
        assert (await ask(server, "GET", "/state")).json == ["s", ["p", "q"], 1, "at import"]
        assert (await ask(server, "GET", "/state")).json == ["s", ["p", "q", "q"], 1, "at import"]


async def test_the_lifespan_ends_with_the_worker_behind_what_is_under_way(tmp_path: Path) -> None:
    async with process() as worker:
        server = worker.server
        await load_app(server, tmp_path, APP)
        pending = start(server, "GET", "/works")
        assert (await pending.answer).sections == [b"working"]
        server.send(11, 0, {})
        assert await worker.child.wait() == 0
        await server.closed.wait()
        printed = [line["text"] for line in server.logs if line["stream"] == "stdout"]
        assert printed == ["begins", "worked", "ends"]


async def test_a_request_without_end_does_not_keep_the_lifespan_from_ending(tmp_path: Path) -> None:
    async with process() as worker:
        server = worker.server
        await load_app(server, tmp_path, APP.replace("asyncio.sleep(0.05)", "asyncio.sleep(60)"))
        await start(server, "GET", "/works").answer
        server.send(11, 0, {})
        assert await worker.child.wait() == 0
        await server.closed.wait()
        assert [line["text"] for line in server.logs if line["stream"] == "stdout"] == ["begins", "ends"]


async def test_an_error_at_the_end_of_the_lifespan_is_logged(tmp_path: Path) -> None:
    async with connected() as (server, worker):
        await load_app(server, tmp_path, APP.replace('print("ends")', 'raise LookupError("no end")'))
        assert worker.app is not None
        await worker.app.stop()
        text = (await server.log("no end"))["text"]
        assert text.startswith(f"{tmp_path / 'app.py'}:21: the HTTP app failed in the end of its lifespan: LookupError")


async def test_what_it_reads_while_it_starts_up_is_part_of_its_code(tmp_path: Path) -> None:
    (tmp_path / "prompt.md").write_text("hello")
    async with connected() as (server, _):
        path = tmp_path / "app.py"
        path.write_text(APP.replace('print("begins")', f"open({str(tmp_path / 'prompt.md')!r}).close()"))
        reply = await server.call("load", load_params({}, tmp_path, app=app_params(path), data_suffixes=["md"]))
        assert str(tmp_path / "prompt.md") in reply.meta["files"]


async def fails_to_load(tmp_path: Path, source: str, attribute: str = "app") -> CallFailed:
    async with connected() as (server, _):
        path = tmp_path / "app.py"
        path.write_text(textwrap.dedent(source))
        pending = server.start("load", load_params({}, tmp_path, app=app_params(path, attribute), data_suffixes=["md"]))
        with pytest.raises(CallFailed) as caught:
            await pending.answer
        (files,) = [event for name, event in pending.events if name == "files"]
        assert str(path) in files["files"]
        assert ("loading", "the app") in pending.events
        assert caught.value.type == "AppLoadError"
        assert caught.value.diagnostic is not None
        return caught.value


async def test_a_lifespan_that_fails_is_told_with_its_line(tmp_path: Path) -> None:
    failure = await fails_to_load(tmp_path, APP.replace('print("begins")', 'raise OSError("no database")'))
    assert failure.message == "The HTTP app app.py:app could not be started: OSError: no database"
    assert failure.diagnostic is not None
    assert (failure.diagnostic["line"], failure.diagnostic["function"]) == (19, "lifespan")
    assert failure.diagnostic["type"] == "OSError"


async def test_a_lifespan_that_only_says_that_it_fails_is_told(tmp_path: Path) -> None:
    failure = await fails_to_load(
        tmp_path,
        """
        async def app(scope, receive, send):
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})
        """,
    )
    assert "no database" in failure.message


async def test_middleware_that_cannot_be_made_is_told_with_its_line(tmp_path: Path) -> None:
    failure = await fails_to_load(
        tmp_path,
        APP
        + """
class Wrong:
    def __init__(self, app):
        raise KeyError("SECRET")

app.add_middleware(Wrong)
""",
    )
    assert failure.diagnostic is not None
    assert (failure.diagnostic["line"], failure.diagnostic["function"]) == (41, "__init__")


async def test_an_import_that_fails_is_told_with_its_line(tmp_path: Path) -> None:
    failure = await fails_to_load(tmp_path, "x = 1\nimport no_such_package_here\n")
    assert "ModuleNotFoundError" in failure.message
    assert failure.diagnostic is not None
    assert failure.diagnostic["line"] == 2


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("app = {}", "is a dict, not an app"),
        ("class app:\n    async def __call__(self, scope, receive, send): ...", "is a class, not an app"),
        ("def app():\n    return None", "is a function that may return an app, not an app itself"),
        ("def app(environ, start_response): ...", "as WSGI apps do"),
        ("def app(scope): ...", "takes (scope), and an ASGI app takes (scope, receive, send)"),
        ("ap = 1", "has no `app`. Did you mean `ap`?"),
    ],
)
async def test_what_is_no_app_is_named_with_what_to_do(tmp_path: Path, source: str, told: str) -> None:
    failure = await fails_to_load(tmp_path, source)
    assert told in failure.message
    assert failure.diagnostic is not None
    assert failure.diagnostic["file"] == str(tmp_path / "app.py")


async def test_an_app_that_knows_of_no_lifespan_has_none(tmp_path: Path) -> None:
    async with connected() as (server, worker):
        await load_app(
            server,
            tmp_path,
            """
            async def app(scope, receive, send):
                assert scope["type"] == "http"
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": b"fine"})
            """,
        )
        assert (await ask(server, "GET", "/")).text == "fine"
        assert worker.app is not None
        await worker.app.stop()
        assert server.logs == []


async def test_middleware_that_keeps_the_lifespan_from_an_app_is_told(tmp_path: Path) -> None:
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
        scope["path"]
        await self.app(scope, receive, send)

app.add_middleware(Reads)
""",
        )
        assert (
            "runs without its lifespan: middleware around it raised KeyError" in (await server.log("lifespan"))["text"]
        )


async def test_routes_that_are_added_while_it_starts_up_are_told(tmp_path: Path) -> None:
    async with connected() as (server, _):
        late = 'app.router.routes.append(Route("/late/{id}/x", state))'
        told = await load_app(server, tmp_path, APP.replace('print("begins")', late))
        assert {"starts": "/late/", "whole": False, "socket": False} in told["routes"]


async def test_projects_without_an_app_do_not_pay_for_it(tmp_path: Path) -> None:
    (tmp_path / "seen.py").write_text(
        "import sys\nfrom langgraph.graph import StateGraph\n"
        "found = ('starlette', 'lgx_worker.app_', 'lgx_worker.project_app')\n"
        "print(sorted(name for name in sys.modules if name.startswith(found)))\n"
        "graph = StateGraph(dict).add_node('a', lambda s: s).set_entry_point('a')\n"
    )
    async with process() as worker:
        reply = await worker.server.call("load", load_params({"seen": "seen.py:graph"}, tmp_path))
        assert "error" not in reply.meta["graphs"]["seen"]
        assert (await worker.server.log("["))["text"] == "['lgx_worker.app_calls']"
        assert "app" not in reply.meta
