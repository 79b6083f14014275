"""What blocks the event loop is told with its own remedy, where one is known."""

from __future__ import annotations

import asyncio
import importlib
import queue
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import httpx
import pytest

from lgx_worker.blocked_place import Line, Place, find_place
from lgx_worker.blocking_call import BlockingCall
from lgx_worker.blocking_remedies import remedy

needs_positions = pytest.mark.skipif(
    sys.version_info < (3, 11),
    reason="before Python 3.11 a frame knows its line, and not which of the calls in it it is executing",
)

LOOK: list[Callable[[], None]] = [lambda: None]
LIBRARY = """
from test_blocking_remedies import LOOK

def stop():
    LOOK[0]()

class Model:
    def invoke(self, text):
        stop()
    async def ainvoke(self, text):
        pass

class Lazy:
    made = 0
    @property
    def model(self):
        self.made += 1
        return Model()

class Slow:
    def __init__(self):
        self.model = Model()

"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project folder, with a library installed inside it."""
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "lgx_blocking_models.py").write_text(LIBRARY)
    sys.path[:0] = [str(tmp_path), str(installed)]
    importlib.invalidate_caches()
    yield tmp_path
    sys.path[:2] = []
    for name in ("lgx_blocking_code", "lgx_blocking_models"):
        sys.modules.pop(name, None)


def call_in(project: Path, body: str) -> BlockingCall | None:
    """The call that a node with this body is in when the watchdog looks, which it does when the library calls `stop`."""
    code = f"from lgx_blocking_models import Lazy, Model, Slow\n\n\nasync def node():\n{body}"
    (project / "lgx_blocking_code.py").write_text(code)
    found: list[Place | None] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        LOOK[0] = lambda: found.append(find_place(sys._getframe(1), loop, project))
        await asyncio.create_task(importlib.import_module("lgx_blocking_code").node())

    asyncio.run(main())
    assert found[0] is not None
    return found[0].call


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    model = Model()\n    model.invoke('x')\n", "model.ainvoke"),
        ("    slow = Slow()\n    slow.model.invoke('x')\n", "slow.model.ainvoke"),
        pytest.param(
            "    slow = Slow()\n    print(slow.model.invoke('x'))\n", "slow.model.ainvoke", marks=needs_positions
        ),
        ("    model = Model()\n    model.invoke(\n        'x',\n    )\n", "model.ainvoke"),
    ],
)
def test_a_method_that_has_an_async_form_is_found_in_its_line(project: Path, body: str, expected: str) -> None:
    call = call_in(project, body)
    assert call is not None
    assert (call.name, call.counterpart) == ("lgx_blocking_models.Model.invoke", expected)


def test_what_is_not_written_as_names_is_told_by_what_it_calls(project: Path) -> None:
    assert call_in(project, "    [Model()][0].invoke('x')\n") == BlockingCall(None, "lgx_blocking_models.invoke")


def test_nothing_is_executed_to_find_out(project: Path) -> None:
    body = "    lazy = Lazy()\n    lazy.model.invoke('x')\n    assert lazy.made == 1\n"
    assert call_in(project, body) == BlockingCall(None, "lgx_blocking_models.invoke")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("time.sleep(1)", "`await asyncio.sleep(…)`"),
        ("sleep(1)", "`await asyncio.sleep(…)`"),
        ("subprocess.run(['true'])", "`await asyncio.create_subprocess_exec(…)`"),
        ("socket.create_connection(('localhost', 1))", "`await asyncio.open_connection(…)`"),
        ("connection.execute('select 1')", "`aiosqlite`"),
        ("waiting.get()", "`asyncio.Queue`"),
        ("lock.acquire()", "`asyncio.Lock`"),
        ("event.wait()", "`asyncio.Event`"),
        ("future.result()", "`await asyncio.wrap_future(…)`"),
        ("open('data.txt')", "or `await asyncio.to_thread(open, …)`"),
        ("path.read_text()", "or `await asyncio.to_thread(path.read_text, …)`"),
        ("sum(numbers)", "or `await asyncio.to_thread(sum, …)`"),
    ],
)
def test_each_kind_of_call_has_its_remedy(tmp_path: Path, line: str, expected: str) -> None:
    scope = {
        "time": time, "sleep": time.sleep, "subprocess": subprocess, "socket": socket, "waiting": queue.Queue(),
        "connection": sqlite3.connect(":memory:"), "lock": threading.Lock(), "event": threading.Event(),
        "future": Future(), "path": Path("x"), "numbers": range(3),
    }  # fmt: skip
    call = call_while_executing(tmp_path, line, scope)
    assert call is not None
    told = remedy(Place("a.py:1 in act", node="act", line=Line("a.py", 1, "act"), call=call))
    assert expected in told and told.endswith(", or make the node a plain `def`.")


def call_while_executing(directory: Path, line: str, scope: dict[str, Any]) -> BlockingCall | None:
    """The call that a frame is in which has just made one; what it called raises at once."""
    from lgx_worker.blocking_call import call_of

    file = directory / "line.py"
    file.write_text(line + "\n")
    found: list[BlockingCall | None] = []

    def profile(frame: Any, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            caller = frame.f_back if event == "call" else frame
            if caller is not None and caller.f_code.co_filename == str(file) and not found:
                found.append(call_of(caller, None))
                raise Stop

    class Stop(Exception):
        pass

    code = compile(line, str(file), "exec")
    sys.setprofile(profile)
    try:
        exec(code, scope)  # noqa: S102 - a line of this test
    except Stop:
        pass
    finally:
        sys.setprofile(None)
    return found[0]


def test_a_client_that_does_not_block_is_to_be_made_once(tmp_path: Path) -> None:
    call = call_while_executing(tmp_path, "httpx.AsyncClient()", {"httpx": httpx})
    assert call is not None
    told = remedy(Place("auth.py:1 in get_current_user", call=call))
    assert told == "Make it once, at the top of a module, and use it for every call: making one takes a while."
    blocking = BlockingCall("httpx.get", "httpx.get")
    assert remedy(Place("auth.py:1 in get_current_user", call=blocking)).startswith("Use `httpx.AsyncClient` there")


def test_who_authenticates_may_be_a_plain_function_too() -> None:
    call = BlockingCall("requests.get", "requests.api.get")
    told = remedy(Place("auth.py:1 in get_current_user", call=call, authenticates=True))
    assert told.endswith("`await asyncio.to_thread(requests.get, …)`, or make the handler a plain `def`.")


def test_without_a_call_a_thread_is_what_helps() -> None:
    assert remedy(Place("a.py:1 in act")) == "Use an async call there, or wrap it in `await asyncio.to_thread(…)`."
    assert "What it awaits does not yield" in remedy(Place("a.py:1 in act", library="lib.py:2 in work"))
    by_frame = BlockingCall(None, "requests.api.get")
    assert remedy(Place("a.py:1 in act", call=by_frame)).startswith(
        "Use `httpx.AsyncClient` there, or `await asyncio.to"
    )
