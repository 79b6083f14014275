"""Where loading is said to be when it takes long."""

import asyncio
import json
import os
import sys
import textwrap
from pathlib import Path

import pytest

from app_requests import app_params
from fake_server import connected
from lgx_worker import load_watch
from lgx_worker.errors import CallFailed
from projects import load_params, process
from test_frames import FIXTURES

GOLDEN = json.loads((FIXTURES / "messages.json").read_text("utf-8"))


async def still_at(tmp_path, source, **files):
    """What a worker says of a load that does not end. The process is killed after that."""
    for name, text in {"g": source, **files}.items():
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
    async with process() as worker:
        params = load_params({"g": "g.py:graph"}, tmp_path, patience_ms=50)
        pending = worker.server.start("load", params)
        place = await asyncio.wait_for(pending.event("still_at"), 30)
        worker.child.kill()
        await asyncio.wait([pending.answer])
        assert pending.answer.exception() is not None
        return place


async def test_an_endless_loop_is_at_its_own_line(tmp_path):
    place = await still_at(tmp_path, "n = 0\nwhile True:\n    n += 1\n")
    assert (place["file"], place["function"]) == (str(tmp_path / "g.py"), "<module>")
    assert place["line"] in (2, 3) and place["source"] in ("while True:", "    n += 1")
    assert (place["type"], place["message"]) == ("LoadTimeout", "not loaded after 0.05 s")


async def test_what_waits_in_a_library_is_at_the_innermost_line_of_the_project_and_names_the_librarys(tmp_path):
    source = "import near\n\nnear.ask()\n"
    near = """
        import queue

        def ask():
            return queue.Queue().get()
        """
    place = await still_at(tmp_path, source, near=near)
    assert (place["file"], place["line"], place["function"]) == (str(tmp_path / "near.py"), 5, "ask")
    assert place["source"] == "    return queue.Queue().get()"
    assert place["message"].startswith("not loaded after 0.05 s; it is in threading.py:")
    assert place["message"].endswith(" in wait")
    lines = place["traceback"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line for line in lines if "lgx_worker" in line or "importlib" in line] == []
    assert lines.index(f'  File "{tmp_path}/g.py", line 3, in <module>') < lines.index(
        f'  File "{tmp_path}/near.py", line 5, in ask'
    )


async def test_it_says_what_the_server_expects(tmp_path):
    golden = next(message for message in GOLDEN if "still_at" in message["meta"])["meta"]["still_at"]
    assert (await still_at(tmp_path, "while True: pass\n")).keys() == golden.keys()


async def test_code_that_keeps_the_interpreter_is_written_down_without_it(tmp_path):
    (tmp_path / "g.py").write_text("import ctypes\n\nctypes.PyDLL(None).sleep(1000)\n")
    reading, writing = os.pipe()
    async with process(pass_fds=[writing], LGX_CRASH_FD=str(writing)) as worker:
        os.close(writing)
        report = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(report), os.fdopen(reading, "rb"))
        pending = worker.server.start("load", load_params({"g": "g.py:graph"}, tmp_path, patience_ms=50))
        await asyncio.wait_for(report.readuntil(f'File "{tmp_path}/g.py", line 3 in <module>\n'.encode()), 30)
        worker.child.kill()
        await asyncio.wait([pending.answer])
        assert pending.answer.exception() is not None
        assert pending.events == [("loading", "the graph g")]


async def test_a_load_that_ends_in_time_says_nothing(tmp_path):
    (tmp_path / "g.py").write_text("graph = 7\n")
    async with process() as worker:
        answer = await worker.server.call("load", load_params({"g": "g.py:graph"}, tmp_path, patience_ms=60_000))
        assert [name for name, _ in answer.events] == ["loading"]


LIFESPAN = """
from contextlib import asynccontextmanager
from starlette.applications import Starlette

async def connect(forever):
    await forever.wait()

@asynccontextmanager
async def lifespan(app):
    import asyncio
    {hangs}
    yield

app = Starlette(lifespan=lifespan)
"""


@pytest.mark.parametrize(
    ("hangs", "line", "function"),
    [("await connect(asyncio.Event())", 6, "connect"), ("await asyncio.sleep(1000)", 11, "lifespan")],
)
async def test_a_lifespan_that_hangs_is_named_with_its_line(tmp_path, hangs, line, function):
    (tmp_path / "app.py").write_text(LIFESPAN.format(hangs=hangs))
    async with connected() as (server, worker):
        # All that it imports is there: it gets to its lifespan long before that.
        params = load_params({}, tmp_path, app=app_params(tmp_path / "app.py"), patience_ms=2000)
        pending = server.start("load", params)
        place = await asyncio.wait_for(pending.event("still_at"), 30)
        assert [data for name, data in pending.events if name == "loading"] == ["the app", "the app's lifespan"]
        worker.app.starting.cancel()
        with pytest.raises(CallFailed):
            await pending.answer
    assert place["message"].startswith("the app's lifespan has not started up after 2 s")
    assert (place["file"], place["line"], place["function"]) == (str(tmp_path / "app.py"), line, function)


async def test_a_lifespan_that_blocks_its_thread_is_where_that_is():
    task = asyncio.current_task()
    here = sys._getframe()
    place = load_watch.diagnose_start(task, here, 1, Path(__file__).parent)
    assert (place["file"], place["function"]) == (__file__, here.f_code.co_name)
