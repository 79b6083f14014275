"""The life of a worker process: says hello, answers calls, and ends when the server does."""

from __future__ import annotations

import asyncio
import atexit
import importlib
import importlib.util
import json
import os
import platform
import socket
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from lgx_worker import PROTOCOL, debugger, environment_reads, recorded_clients
from lgx_worker.calls import Call
from lgx_worker.children import CRASH_FILE, report_crashes, set_up_signals
from lgx_worker.connection import Connection
from lgx_worker.exits import tell_exits
from lgx_worker.frame_room import with_room
from lgx_worker.lifeline import LIFELINE, end_group, tie_to_server
from lgx_worker.logs import Capture
from lgx_worker.preload import OWN, imported_files, preload, without_collecting
from lgx_worker.terminal import Terminal, leave_terminal
from lgx_worker.watchdog import BusySelector, Watchdog
from lgx_worker.worker import Worker

SOCKET = "LGX_WORKER_FD"
AHEAD = "LGX_IMPORT_AHEAD"
"""A file that names the modules which a worker is to import before it is told what to load, as a JSON list."""
ZYGOTE = "zygote"
"""The argument that makes the process one that workers are forked from."""
THREADS = 64
"""For synchronous nodes. Python's own default, a few more than there are cores, makes runs wait for each other."""
SWITCH_INTERVAL = 0.001
"""Seconds. With the default of 5 ms one busy synchronous node delays every event of all other runs."""
_REQUIRED = {"langgraph": "langgraph.pregel", "langgraph_sdk": "langgraph_sdk"}
_PACKAGES = ("site-packages", "dist-packages")


class MainLoop:
    """The event loop, which can step aside to let user code be imported where no loop is running."""

    def __init__(self) -> None:
        self.selector = BusySelector()
        self.loop = asyncio.SelectorEventLoop(self.selector)
        self._aside: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()

    async def aside(self, function: Callable[[], Any]) -> Any:
        """Run a function on this thread while the loop stands still: `asyncio.run` at import works there."""
        future = self.loop.create_future()
        self._aside.append((function, future))
        self.loop.stop()
        return await future

    def run(self) -> None:
        """Run for ever. SystemExit and KeyboardInterrupt of a node end its run, which has them as its result by now."""
        while True:
            asyncio.set_event_loop(self.loop)  # `asyncio.run` at import leaves none
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                continue
            self.selector.busy_since = None  # what follows blocks nobody
            while self._aside:
                function, future = self._aside.popleft()
                try:
                    future.set_result(function())
                except BaseException as error:  # noqa: BLE001 - belongs to whoever awaits it
                    future.set_exception(error)


@with_room
def main() -> None:
    """Run the worker, or the zygote and then each worker that it forks; never returns."""
    kind, sys.argv[1:] = sys.argv[1:], []
    lifeline = _descriptor(LIFELINE)
    tie_to_server(lifeline)
    connection = _descriptor(SOCKET)
    assert connection is not None, SOCKET
    crash_report = _descriptor(CRASH_FILE)
    set_up_signals()
    leave_terminal()
    recorded_clients.install()
    if kind == [ZYGOTE]:
        from lgx_worker.zygote import Zygote

        report_crashes(crash_report)
        zygote = Zygote(socket.socket(fileno=connection), lifeline)
        zygote.hello(_hello())
        given = zygote.serve()
        tie_to_server(given.lifeline)
        connection, crash_report = given.connection, given.crash_report
    report_crashes(crash_report)
    work(connection, os.environ.pop(AHEAD, None))


def work(descriptor: int, ahead: str | None) -> None:
    """Be a worker on this connection; never returns. `ahead` is the file of what to import before anything is asked."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    sock = socket.socket(fileno=descriptor)

    main_loop = MainLoop()
    loop = main_loop.loop
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="node"))
    worker: Worker
    leaving: list[asyncio.Task[None]] = []  # the loop itself holds tasks weakly
    exit_quietly = tell_exits(lambda: worker.root)

    async def answer(method: str, params: dict[str, Any], sections: list[memoryview]) -> Any:
        from lgx_worker.handlers import handle  # it imports langgraph, which is not needed to say hello

        return await handle(worker, method, params, sections)

    def take(call: Call, params: dict[str, Any], sections: list[memoryview]) -> bool:
        return worker.app is not None and worker.app.take(call, params, sections)

    def before_answer() -> None:
        watchdog.call_ended()
        capture.end_of_call()

    async def leave() -> None:
        # The server waits for a while, then it kills: what hangs here holds nobody up.
        if worker.app is not None:
            await worker.app.stop()
        await main_loop.aside(atexit._run_exitfuncs)
        capture.end_of_call()
        connection.close()

    def lost() -> NoReturn:
        if not leaving:
            end_group()
        exit_quietly(0)  # interpreter teardown takes a second of CPU from the worker that follows

    connection = Connection(
        loop,
        sock,
        answer,
        on_shutdown=lambda: leaving.append(loop.create_task(leave())),
        on_lost=lost,
        take=take,
        on_call=lambda: watchdog.call_started(),  # noqa: PLW0108 - it is made below
        before_answer=before_answer,
    )
    worker = Worker(connection, main_loop.aside)
    capture = Capture(connection)
    watchdog = Watchdog(
        worker,
        loop,
        main_loop.selector,
        # At once, from the watchdog's thread: the loop cannot send it.
        lambda level, text, run_id: capture.sink.add("logging", text, level=level, logger="lgx", run_id=run_id),
    )
    hello = _hello()
    connection.hello(hello)
    capture.install()
    terminal = Terminal(connection, main_loop.selector.not_blocked)
    terminal.install()
    debugger.install(terminal, capture.sink)
    watchdog.start()
    connection.watch_hang_up(lost)
    if not hello["missing"]:
        loop.create_task(main_loop.aside(lambda: _prepare(connection, ahead)))
    main_loop.run()


def _missing() -> list[str]:
    """Required packages that cannot be found, looked for without importing them."""

    def found(module: str) -> bool:
        try:
            return importlib.util.find_spec(module) is not None
        except ImportError:
            return False

    return [package for package, module in _REQUIRED.items() if not found(module)]


def _prepare(connection: Connection, ahead: str | None) -> None:
    """Import what will be needed while the server decides what to load."""
    if ahead is not None:
        with open(ahead, encoding="utf-8") as file, without_collecting(), environment_reads.recorded():
            preload(json.load(file)["modules"])
        connection.warm(imported_files())
        return
    with without_collecting():
        for module in OWN:
            try:
                importlib.import_module(module)
            except Exception:  # noqa: BLE001 - `load` meets it again, and tells it
                return


def _hello() -> dict[str, Any]:
    return {
        "protocol": PROTOCOL,
        "pid": os.getpid(),
        "runtime": {"name": "python", "version": platform.python_version()},
        "executable": sys.executable,
        "missing": _missing(),
        "packages": [path for path in sys.path if os.path.basename(path) in _PACKAGES],
    }


def _descriptor(variable: str) -> int | None:
    """The descriptor that a variable names, which children do not see."""
    text = os.environ.pop(variable, None)
    if text is None:
        return None
    os.set_inheritable(int(text), False)
    return int(text)
