"""How a server answers when it holds a lot: one thread of 1,000 checkpoints, and 10,000 threads to search.

Every figure is the median of what a client waits for over HTTP. Compare columns of one run, never two runs. `--times 10`
holds ten times as much, and also starts the server again with it, and deletes all of it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import commands
from served import Client, Server, median_ms, served

CHECKPOINTS = 1_000
THREADS = 10_000
REPEATS = 40
BUDGET_MS = 20.0
"""What lgx promises for every row of what a client waits for."""
SETTLED = 3.0
"""For how many seconds the files have to stay as they are, to be taken for all that is left."""


def long_thread(client: Client, checkpoints: int) -> Iterator[tuple[str, float]]:
    """A thread whose every checkpoint has something new in it."""
    update = {"values": {"seen": [1]}, "as_node": "n0"}
    thread = client.call(
        "POST",
        "/threads",
        {"metadata": {"graph_id": "steps"}, "supersteps": [{"updates": [update]}] * min(checkpoints, 1_000)},
    )["thread_id"]
    first = client.call("POST", f"/threads/{thread}/history", {"limit": 1000})[-1]["checkpoint"]["checkpoint_id"]
    for _ in range(checkpoints - 1_000):
        client.call("POST", f"/threads/{thread}/state", update)
    state = client.call("GET", f"/threads/{thread}/state")
    assert len(state["values"]["seen"]) == checkpoints, state
    path = f"/threads/{thread}"
    yield "state", median_ms(REPEATS, lambda: client.call("GET", f"{path}/state"))
    yield "state at the first checkpoint", median_ms(REPEATS, lambda: client.call("GET", f"{path}/state/{first}"))
    yield "state update", median_ms(REPEATS, lambda: client.call("POST", f"{path}/state", update))
    yield "history, 10 newest", median_ms(REPEATS, lambda: client.call("POST", f"{path}/history", {"limit": 10}))
    yield "thread", median_ms(REPEATS, lambda: client.call("GET", path))


def made(port: int, numbers: range) -> None:
    """Makes these threads, on a connection of its own."""
    client = Client(port)
    for number in numbers:
        owner, nested = f"user-{number % 100}", {"even": number % 2 == 0}
        metadata = {"project": "all", "owner": owner, "number": number, "nested": nested}
        client.call("POST", "/threads", {"metadata": metadata})


def many_threads(client: Client, port: int, threads: int) -> Iterator[tuple[str, float]]:
    """Threads of a hundred owners, which searches tell apart."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda part: made(port, range(part, threads, 4)), range(4)))

    def search(**query: Any) -> Callable[[], Any]:
        return lambda: client.call("POST", "/threads/search", query)

    assert client.call("POST", "/threads/count", {"metadata": {"owner": "user-7"}}) == threads // 100
    assert len(search(metadata={"owner": "user-7"}, limit=1000)()) == threads // 100
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
    yield "search by what all have", median_ms(REPEATS, search(metadata={"project": "all"}))
    yield "search by a number", median_ms(REPEATS, search(metadata={"number": 777}))
    yield "search by status", median_ms(REPEATS, search(status="idle", limit=100))
    yield (
        "count by metadata",
        median_ms(REPEATS, lambda: client.call("POST", "/threads/count", {"metadata": {"owner": "user-7"}})),
    )


def deleted(client: Client, server: Server) -> Iterator[tuple[str, float]]:
    """Deletes all threads, half of them one by one; says what is left of the files once they have stopped shrinking."""
    ids: list[str] = []
    while page := client.call("POST", "/threads/search", {"limit": 1_000, "offset": len(ids), "select": ["thread_id"]}):
        ids += [thread["thread_id"] for thread in page]
    half = len(ids) // 2
    began = time.perf_counter()
    for thread in ids[:half]:
        client.call("DELETE", f"/threads/{thread}")
    yield "delete, one by one, each, ms", (time.perf_counter() - began) * 1000 / half
    began = time.perf_counter()
    for start in range(half, len(ids), 1_000):
        chunk = ids[start : start + 1_000]
        client.call("POST", "/threads/prune", {"thread_ids": chunk, "strategy": "delete"})
    yield "delete, 1,000 at once, each, ms", (time.perf_counter() - began) * 1000 / (len(ids) - half)
    began, last, size = time.perf_counter(), 0.0, 0
    while time.perf_counter() - began - last < SETTLED:
        if (now := size_of(server.state)) != size:
            last, size = time.perf_counter() - began, now
        time.sleep(0.05)
    yield "space given back after, ms", last * 1000
    yield "files after, MB", size / 1e6


def size_of(folder: Path) -> int:
    """The bytes of a folder's files."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def measured(command: list[str], times: int) -> dict[str, float]:
    """All rows of one server."""
    rows: dict[str, float] = {}
    checkpoints, threads = CHECKPOINTS * times, THREADS * times
    with tempfile.TemporaryDirectory() as folder, served(Server(command, Path(folder))) as server:
        client = Client(server.port)
        for what, milliseconds in long_thread(client, checkpoints):
            rows[f"{checkpoints:,} checkpoints: {what}, p50 ms"] = milliseconds
        for what, milliseconds in many_threads(client, server.port, threads):
            rows[f"{threads:,} threads: {what}, p50 ms"] = milliseconds
        if times > 1:
            rows["files before, MB"] = size_of(server.state) / 1e6
            server.kill()
            server.start()
            rows["ready after exec, ms"] = server.ready_after * 1000
            rows |= deleted(Client(server.port), server)
    return rows


def main() -> int:
    """Prints the table; fails when lgx is over its budget."""
    parser = commands.parser(__doc__ or "")
    parser.add_argument("--times", type=int, default=1, help="how many times as much is held")
    arguments = parser.parse_args()
    columns = {name: measured(command, arguments.times) for name, command in commands.servers(arguments).items()}
    print(f"| what | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for row in columns["lgx"]:
        print(f"| {row} | {' | '.join(f'{column[row]:.1f}' for column in columns.values())} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(columns, indent=1))
    over = [row for row, milliseconds in columns["lgx"].items() if "p50" in row and milliseconds > BUDGET_MS]
    for row in over:
        print(f"over the budget of {BUDGET_MS:g} ms: {row}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
