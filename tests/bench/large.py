#!/usr/bin/env python3
"""How a server answers when it holds a lot: one thread of 1,000 checkpoints, and 10,000 threads to search.

Usage:
  large.py --python VENV/bin/python --lgx PATH/TO/lgx [--official] [--json OUT]

--python    interpreter of a venv that has langgraph (and langgraph-cli[inmem] for --official)
--official  also measure `langgraph dev` of that venv, as the reference

Every figure is the median of what a client waits for over HTTP. Compare columns of one run, never two runs.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent / "projects" / "bench"
CHECKPOINTS = 1_000
THREADS = 10_000
REPEATS = 40
BUDGET_MS = 20.0
"""What lgx promises for every row."""


class Client:
    """One keep-alive connection, thin enough not to be what is measured."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that answers a request; anything but success raises."""
        data = None if body is None else json.dumps(body)
        self._connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text or b"null")


@contextmanager
def served(command: list[str], folder: Path) -> Iterator[Client]:
    """A server over a copy of the benchmark project, from its first answer to its end."""
    project = folder / "project"
    shutil.copytree(PROJECT, project)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "dev", "--no-browser", "--no-reload", "--port", str(port)],
            cwd=project,
            stdout=log,
            stderr=log,
            env=os.environ | {"LANGSMITH_TRACING": "false"},
            start_new_session=True,
        )
    try:
        yield _first_answer(process, port, folder / "log")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _first_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> Client:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            client = Client(port)
            client.call("GET", "/ok")
            return client
        except (OSError, RuntimeError, http.client.HTTPException):
            time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")


def median_ms(action: Callable[[], Any]) -> float:
    """The median time of an action, in milliseconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def long_thread(client: Client) -> Iterator[tuple[str, float]]:
    """A thread whose every checkpoint has something new in it."""
    update = {"values": {"seen": [1]}, "as_node": "n0"}
    thread = client.call(
        "POST",
        "/threads",
        {"metadata": {"graph_id": "steps"}, "supersteps": [{"updates": [update]}] * CHECKPOINTS},
    )["thread_id"]
    state = client.call("GET", f"/threads/{thread}/state")
    assert len(state["values"]["seen"]) == CHECKPOINTS, state
    first = client.call("POST", f"/threads/{thread}/history", {"limit": 1000})[-1]["checkpoint"]["checkpoint_id"]
    path = f"/threads/{thread}"
    yield "state", median_ms(lambda: client.call("GET", f"{path}/state"))
    yield "state at the first checkpoint", median_ms(lambda: client.call("GET", f"{path}/state/{first}"))
    yield "state update", median_ms(lambda: client.call("POST", f"{path}/state", update))
    yield "history, 10 newest", median_ms(lambda: client.call("POST", f"{path}/history", {"limit": 10}))
    yield "thread", median_ms(lambda: client.call("GET", path))


def many_threads(client: Client) -> Iterator[tuple[str, float]]:
    """Threads of a hundred owners, which searches tell apart."""
    for number in range(THREADS):
        metadata = {"owner": f"user-{number % 100}", "number": number, "nested": {"even": number % 2 == 0}}
        client.call("POST", "/threads", {"metadata": metadata})

    def search(**query: Any) -> Callable[[], Any]:
        return lambda: client.call("POST", "/threads/search", query)

    assert client.call("POST", "/threads/count", {"metadata": {"owner": "user-7"}}) == THREADS // 100
    assert len(search(metadata={"owner": "user-7"}, limit=1000)()) == THREADS // 100
    yield "search, 10 newest", median_ms(search())
    yield "search by metadata", median_ms(search(metadata={"owner": "user-7"}))
    yield "search by nested metadata", median_ms(search(metadata={"nested": {"even": True}, "owner": "user-8"}))
    yield (
        "search by metadata, sorted by creation",
        median_ms(search(metadata={"owner": "user-7"}, sort_by="created_at", sort_order="asc", offset=50)),
    )
    yield "search by status", median_ms(search(status="idle", limit=100))
    yield (
        "count by metadata",
        median_ms(lambda: client.call("POST", "/threads/count", {"metadata": {"owner": "user-7"}})),
    )


def measure(command: list[str]) -> dict[str, float]:
    """All rows of one server."""
    rows: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, served(command, Path(folder)) as client:
        for what, milliseconds in long_thread(client):
            rows[f"{CHECKPOINTS:,} checkpoints: {what}, p50 ms"] = milliseconds
        for what, milliseconds in many_threads(client):
            rows[f"{THREADS:,} threads: {what}, p50 ms"] = milliseconds
    return rows


def main() -> int:
    """Prints the table; fails when lgx is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, type=Path)
    parser.add_argument("--lgx", required=True, type=Path)
    parser.add_argument("--official", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    binaries = arguments.python.absolute().parent
    os.environ["PATH"] = f"{binaries}:{os.environ['PATH']}"
    os.environ["VIRTUAL_ENV"] = str(binaries.parent)

    servers = {"official": [str(binaries / "langgraph")]} if arguments.official else {}
    servers["lgx"] = [str(arguments.lgx.absolute())]
    table = {name: measure(command) for name, command in servers.items()}
    print(f"| what | {' | '.join(table)} |\n|---|{'---:|' * len(table)}")
    for row in table["lgx"]:
        print(f"| {row} | {' | '.join(f'{column[row]:.1f}' for column in table.values())} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(table, indent=1))
    over = [row for row, milliseconds in table["lgx"].items() if milliseconds > BUDGET_MS]
    for row in over:
        print(f"over the budget of {BUDGET_MS:g} ms: {row}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
