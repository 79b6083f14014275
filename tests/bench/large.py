"""How a server answers when it holds a lot: one thread of 1,000 checkpoints, and 10,000 threads to search.

Every figure is the median of what a client waits for over HTTP. Compare columns of one run, never two runs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import commands
from served import Client, Server, median_ms, served

CHECKPOINTS = 1_000
THREADS = 10_000
REPEATS = 40
BUDGET_MS = 20.0
"""What lgx promises for every row."""


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
    yield "state", median_ms(REPEATS, lambda: client.call("GET", f"{path}/state"))
    yield "state at the first checkpoint", median_ms(REPEATS, lambda: client.call("GET", f"{path}/state/{first}"))
    yield "state update", median_ms(REPEATS, lambda: client.call("POST", f"{path}/state", update))
    yield "history, 10 newest", median_ms(REPEATS, lambda: client.call("POST", f"{path}/history", {"limit": 10}))
    yield "thread", median_ms(REPEATS, lambda: client.call("GET", path))


def many_threads(client: Client) -> Iterator[tuple[str, float]]:
    """Threads of a hundred owners, which searches tell apart."""
    for number in range(THREADS):
        metadata = {"owner": f"user-{number % 100}", "number": number, "nested": {"even": number % 2 == 0}}
        client.call("POST", "/threads", {"metadata": metadata})

    def search(**query: Any) -> Callable[[], Any]:
        return lambda: client.call("POST", "/threads/search", query)

    assert client.call("POST", "/threads/count", {"metadata": {"owner": "user-7"}}) == THREADS // 100
    assert len(search(metadata={"owner": "user-7"}, limit=1000)()) == THREADS // 100
    yield "search, 10 newest", median_ms(REPEATS, search())
    yield "search by metadata", median_ms(REPEATS, search(metadata={"owner": "user-7"}))
    yield (
        "search by nested metadata",
        median_ms(REPEATS, search(metadata={"nested": {"even": True}, "owner": "user-8"})),
    )
    yield (
        "search by metadata, sorted by creation",
        median_ms(REPEATS, search(metadata={"owner": "user-7"}, sort_by="created_at", sort_order="asc", offset=50)),
    )
    yield "search by status", median_ms(REPEATS, search(status="idle", limit=100))
    yield (
        "count by metadata",
        median_ms(REPEATS, lambda: client.call("POST", "/threads/count", {"metadata": {"owner": "user-7"}})),
    )


def measured(command: list[str]) -> dict[str, float]:
    """All rows of one server."""
    rows: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, served(Server(command, Path(folder))) as server:
        client = Client(server.port)
        for what, milliseconds in long_thread(client):
            rows[f"{CHECKPOINTS:,} checkpoints: {what}, p50 ms"] = milliseconds
        for what, milliseconds in many_threads(client):
            rows[f"{THREADS:,} threads: {what}, p50 ms"] = milliseconds
    return rows


def main() -> int:
    """Prints the table; fails when lgx is over its budget."""
    arguments = commands.parser(__doc__ or "").parse_args()
    columns = {name: measured(command) for name, command in commands.servers(arguments).items()}
    print(f"| what | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for row in columns["lgx"]:
        print(f"| {row} | {' | '.join(f'{column[row]:.1f}' for column in columns.values())} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(columns, indent=1))
    over = [row for row, milliseconds in columns["lgx"].items() if milliseconds > BUDGET_MS]
    for row in over:
        print(f"over the budget of {BUDGET_MS:g} ms: {row}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
