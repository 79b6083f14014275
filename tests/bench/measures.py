"""What is measured of each server, in parts; each takes a server of its own that has just started."""

from __future__ import annotations

import argparse
import http.client
import json
import math
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import wrk
from served import CHAT, Client, Server, median_ms

Figures = Iterator[tuple[str, float]]
Part = Callable[[Server, int], Figures]
# How long an editor's save is left alone before the next one.
PAUSE = 1.0
# How long eight clients ask for runs.
SECONDS = 6
# The row that a server of the app alone has too.
OWN_ROUTE = "app: its own route, req/s"


def load(server: Server, repeats: int) -> Figures:
    """Starts, runs, streams and memory."""
    yield "ready after exec, s", server.ready_after
    client = Client(server.port)
    client.run("echo")
    yield "first answer after exec, s", server.since_start()
    for _ in range(5):
        client.run("echo")
    yield "memory idle, MB PSS", server.memory()
    yield "GET /ok, req/s", wrk.per_second(server.port, "/ok")
    yield "POST /threads, req/s", wrk.per_second(server.port, "/threads", {})
    yield "POST /threads/search, req/s", wrk.per_second(server.port, "/threads/search", {"limit": 10})
    yield "run echo, p50 ms, 1 client", median_ms(repeats, lambda: client.run("echo"))
    yield "run 10 steps, p50 ms, 1 client", median_ms(repeats, lambda: client.run("steps"))
    echo = {"assistant_id": "echo", "input": CHAT}
    yield "run echo, runs/s, 8 clients", wrk.per_second(server.port, "/runs/wait", echo, seconds=6)
    yield "run echo once warm, p50 ms", median_ms(repeats, lambda: client.run("echo"))
    yield "thread + run + state, p50 ms", median_ms(repeats, lambda: _on_a_thread(client))
    streams = [_streamed(client, "tokens", "messages-tuple", "messages") for _ in range(max(5, repeats // 5))]
    assert min(count for _, count, _ in streams) >= 200, streams
    yield "first token, p50 ms", median(first for first, _, _ in streams)
    yield "tokens/s, 1 stream", median(count / took for _, count, took in streams)
    streams = [_streamed(client, "events", "custom", "custom") for _ in range(3)]
    assert min(count for _, count, _ in streams) >= 2000, streams
    yield "custom events/s, 1 stream", median(count / took for _, count, took in streams)
    yield "memory after load, MB PSS", server.memory()


def auth(server: Server, repeats: int) -> Figures:
    """The same with the project's own authentication."""
    client = Client(server.port, authenticated=True)
    client.run("echo")
    refused = Client(server.port).request("POST", "/threads", {})
    refused.read()
    assert refused.status == 401, refused.status
    yield "auth: POST /threads, req/s", wrk.per_second(server.port, "/threads", {}, authenticated=True)
    yield "auth: run echo, p50 ms, 1 client", median_ms(repeats, lambda: client.run("echo"))


def own_app(server: Server, _: int) -> Figures:
    """Routes of the project's own HTTP app, and what its code asks the server."""
    client = Client(server.port)
    client.call("GET", "/hello")
    yield OWN_ROUTE, wrk.per_second(server.port, "/hello?name=ann")
    yield "app: its route asks the server, p50 ms", client.call("GET", "/asks")["milliseconds"]
    asked = client.call("POST", "/runs/wait", {"assistant_id": "asks", "input": {}})
    yield "graph asks the server, p50 ms", asked["milliseconds"]


def middleware(server: Server, _: int) -> Figures:
    """The server's own routes behind middleware of the project's app."""
    answer = Client(server.port).request("GET", "/info")
    answer.read()
    assert answer.headers["x-mark"] == "1", answer.headers
    yield "middleware: POST /threads, req/s", wrk.per_second(server.port, "/threads", {})
    yield "middleware: GET /info, req/s", wrk.per_second(server.port, "/info")


def reload(server: Server, _: int) -> Figures:
    """From a save to the first answer of the new code; every request meanwhile that fails counts."""
    took, failed = _edited(server)
    yield "reload: edit to new answer, s", took
    yield "reload: failed requests", failed


def reload_heavy(server: Server, _: int) -> Figures:
    """The same in a project that imports a package which takes long."""
    took, failed = _edited(server)
    yield "reload, heavy import: edit to new answer, s", took
    yield "reload, heavy import: failed requests", failed


def workers(count: int) -> Part:
    """Runs of eight clients on so many workers, and what the processors do for each run."""

    def measure(server: Server, _: int) -> Figures:
        client = Client(server.port)
        noun = "worker" if count == 1 else "workers"
        for name, graph, given in (("echo", "echo", CHAT), ("10 steps", "steps", {"seen": []})):
            for _ in range(2 * count):
                client.run(graph)
            before = server.processor_time()
            rate = wrk.per_second(server.port, "/runs/wait", {"assistant_id": graph, "input": given}, seconds=SECONDS)
            spent = [
                1e3 * (after - then) / (rate * SECONDS)
                for after, then in zip(server.processor_time(), before, strict=True)
            ]
            yield f"{count} {noun}: run {name}, runs/s, 8 clients", rate
            yield f"{count} {noun}: run {name}, CPU ms a run, server", spent[0]
            yield f"{count} {noun}: run {name}, CPU ms a run, project's code", spent[1]

    return measure


def durability(server: Server, repeats: int) -> Figures:
    """Kills every process right after the last answer, starts anew, and counts the threads that are whole."""
    client = Client(server.port)
    threads = []
    for _ in range(repeats):
        threads.append(client.call("POST", "/threads", {})["thread_id"])
        client.run("echo", threads[-1])
    server.kill()
    server.start()
    client = Client(server.port)
    whole = sum(_is_whole(client, thread) for thread in threads)
    yield "SIGKILL: threads lost, %", 100 * (repeats - whole) / repeats


PARTS: dict[str, Part] = {
    "load": load,
    "auth": auth,
    "app": own_app,
    "middleware": middleware,
    "reload": reload,
    "reload-heavy": reload_heavy,
    "durability": durability,
    "workers-1": workers(1),
    "workers-2": workers(2),
}
# The configuration of a part that has one of its own.
CONFIGS = {part: f"langgraph.{part}.json" for part in ("auth", "app", "middleware")}
# What the parts need to be set, in the environment; the official server has one process, whatever it says.
SETTINGS: dict[str, dict[str, str]] = {"workers-2": {"LGX_WORKERS": "2"}}


def chosen(parts: dict[str, Part], names: str, parser: argparse.ArgumentParser) -> dict[str, Part]:
    """Those of the parts that an argument names, with commas between them; an unknown one ends the program."""
    wanted = names.split(",")
    if unknown := set(wanted) - parts.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return {name: parts[name] for name in wanted}


def _edited(server: Server) -> tuple[float, int]:
    """The median seconds of three edits until the new code answers, and how many requests failed meanwhile."""
    source = server.graphs
    times, failed = [], 0
    for number in range(3):
        Client(server.port).run("echo")
        text = source.read_text()
        old = text.split('AIMessage("', 1)[1].split('"', 1)[0]
        new = f"echo {number} {time.time_ns()}: "
        time.sleep(PAUSE)
        source.write_text(text.replace(f'AIMessage("{old}"', f'AIMessage("{new}"'))
        begun = time.perf_counter()
        while time.perf_counter() - begun < 60:
            try:
                if new in json.dumps(Client(server.port).run("echo")):
                    break
            except (OSError, RuntimeError, http.client.HTTPException):
                failed += 1
                time.sleep(0.01)
        times.append(time.perf_counter() - begun)
    return median(times), failed


def _on_a_thread(client: Client) -> None:
    thread = client.call("POST", "/threads", {})["thread_id"]
    client.run("echo", thread)
    client.call("GET", f"/threads/{thread}/state")


def _streamed(client: Client, graph: str, mode: str, event: str) -> tuple[float, int, float]:
    """Milliseconds to the first event of this name, how many there were, and seconds to the stream's end."""
    body: dict[str, Any] = {"assistant_id": graph, "input": CHAT, "stream_mode": [mode]}
    begun = time.perf_counter()
    first, count = math.nan, 0
    for line in client.request("POST", "/runs/stream", body):
        if line.startswith(b"event: " + event.encode()):
            if count == 0:
                first = time.perf_counter() - begun
            count += 1
    return first * 1e3, count, time.perf_counter() - begun


def _is_whole(client: Client, thread: str) -> bool:
    try:
        return len(client.call("GET", f"/threads/{thread}/state")["values"]["messages"]) == 2
    except (RuntimeError, KeyError, TypeError):
        return False
