"""What many clients at once cost: 1,000 streams of server-sent events, 1,000 WebSockets, 200 runs at a time.

All of them watch one thread. The server begins with a limit of 1,024 open files, as shells give it. Memory is that of lgx
itself, without the worker; it is looked at when all are open, and after they have gone, three times over.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import commands
from served import CHAT, Client, Server, served

STREAMS = 1_000
SOCKETS = 1_000
RUNS = 200
ROUNDS = 3
SHELL = 1_024
"""How many files a program may have open that has not asked for more."""
SETTLED = 60.0
"""Seconds after which whatever is left of the clients is left for good."""
GIVEN_BACK = 5.0
"""Seconds in which their memory goes back to the system."""
GROWTH = 10.0
"""Mebibytes that later rounds may leave beyond the first."""


@dataclass
class Weight:
    """What lgx takes."""

    memory: float
    """Kibibytes."""
    files: int


def weight(server: Server) -> Weight:
    """What it takes now."""
    process = Path("/proc") / str(server.pid)
    pages = int((process / "statm").read_text().split()[1])
    return Weight(pages * os.sysconf("SC_PAGE_SIZE") / 1024, len(list((process / "fd").iterdir())))


class Watcher:
    """A connection over which the events of a thread come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @staticmethod
    async def connect(port: int, lines: list[str]) -> Watcher:
        """Sends the head of a request, and reads that of its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4 * 1024 * 1024)
        writer.write("\r\n".join([*lines, f"Host: 127.0.0.1:{port}", "", ""]).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head and b" 101 " not in head:
            raise RuntimeError(head.decode())
        return Watcher(reader, writer)

    async def until(self, text: bytes) -> float:
        """When this came."""
        await self.reader.readuntil(text)
        return time.perf_counter()


async def stream(port: int, thread: str) -> Watcher:
    """Server-sent events."""
    return await Watcher.connect(port, [f"GET /threads/{thread}/stream HTTP/1.1"])


async def web_socket(port: int, thread: str) -> Watcher:
    """A WebSocket of the event protocol, subscribed to the values."""
    watcher = await Watcher.connect(
        port,
        [
            f"GET /threads/{thread}/stream/events HTTP/1.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        ],
    )
    command = {"id": 1, "method": "subscription.subscribe", "params": {"channels": ["values", "lifecycle"]}}
    payload = json.dumps(command).encode()
    # One final text frame, masked with zeros.
    watcher.writer.write(bytes([0x81, 0x80 | 126]) + len(payload).to_bytes(2, "big") + bytes(4) + payload)
    await watcher.until(b"subscription_id")
    return watcher


async def opened(kind: Any, count: int, port: int, thread: str) -> list[Watcher]:
    """So many of a kind, fifty at a time."""
    watchers: list[Watcher] = []
    while len(watchers) < count:
        some = min(50, count - len(watchers))
        watchers += await asyncio.gather(*(kind(port, thread) for _ in range(some)))
    return watchers


async def waited(port: int) -> None:
    """A run that a client waits for."""
    body = json.dumps({"assistant_id": "echo", "input": CHAT}).encode()
    head = ["POST /runs/wait HTTP/1.1", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*head, f"Host: 127.0.0.1:{port}", "Connection: close", "", ""]).encode() + body)
    answer = await reader.read()
    if b" 200 " not in answer.split(b"\r\n", 1)[0]:
        raise RuntimeError(answer.decode())
    writer.close()


async def a_round(server: Server, client: Client) -> dict[str, str]:
    """All of them come, see a run, and go."""
    told: dict[str, str] = {}
    port = server.port
    before = weight(server)
    thread = client.call("POST", "/threads", {})["thread_id"]
    streams = await opened(stream, STREAMS, port, thread)
    with_streams = weight(server)
    told["memory of an open stream, KiB"] = f"{(with_streams.memory - before.memory) / STREAMS:.1f}"
    sockets = await opened(web_socket, SOCKETS, port, thread)
    with_sockets = weight(server)
    told["memory of an open WebSocket, KiB"] = f"{(with_sockets.memory - with_streams.memory) / SOCKETS:.1f}"
    told["files open with all of them"] = str(with_sockets.files)
    begun = time.perf_counter()
    client.call("POST", f"/threads/{thread}/runs", {"assistant_id": "echo", "input": CHAT})
    ends = [watcher.until(b"run_done") for watcher in streams]
    ends += [watcher.until(b'"completed"') for watcher in sockets]
    told["from a run's request until all have seen its end, ms"] = (
        f"{(max(await asyncio.gather(*ends)) - begun) * 1e3:.0f}"
    )
    begun = time.perf_counter()
    await asyncio.gather(*(waited(port) for _ in range(RUNS)))
    told[f"{RUNS} runs at a time beside them, s"] = f"{time.perf_counter() - begun:.2f}"
    told["memory with all of them, MiB"] = f"{weight(server).memory / 1024:.1f}"
    for watcher in [*streams, *sockets]:
        watcher.writer.close()
    begun = time.perf_counter()
    while (after := weight(server)).files > before.files and time.perf_counter() - begun < SETTLED:
        await asyncio.sleep(0.05)
    told["files left"] = str(after.files - before.files)
    await asyncio.sleep(GIVEN_BACK)
    told["memory before, MiB"] = f"{before.memory / 1024:.1f}"
    told["memory after, MiB"] = f"{weight(server).memory / 1024:.1f}"
    return told


def main() -> None:
    """Print a table, a column for each time."""
    arguments = commands.parser(__doc__ or "").parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with tempfile.TemporaryDirectory() as folder:
        resource.setrlimit(resource.RLIMIT_NOFILE, (SHELL, most))
        command = commands.servers(arguments)["lgx"]
        server = Server(command, Path(folder), flags=["--n-jobs-per-worker", str(RUNS)])
        with served(server):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            client = Client(server.port)
            for _ in range(20):
                client.run("echo")
            rounds = [asyncio.run(a_round(server, client)) for _ in range(ROUNDS)]
    for row in rounds[0]:
        print(f"| {row} |" + "".join(f" {told[row]} |" for told in rounds))
    if any(told["files left"] != "0" for told in rounds):
        sys.exit("files are left of clients that have gone")
    before, crowded, after = (
        [float(told[f"memory {when}, MiB"]) for told in rounds] for when in ("before", "with all of them", "after")
    )
    if after[-1] > after[0] + GROWTH or any(
        left > (empty + full) / 2 for empty, full, left in zip(before, crowded, after, strict=True)
    ):
        sys.exit("memory is left of clients that have gone")


if __name__ == "__main__":
    main()
