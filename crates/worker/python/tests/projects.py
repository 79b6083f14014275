"""Loading graphs and running them in tests: the parameters that the server would send."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fake_server import Answer, FakeServer, Pending

needs_context_in_nodes = pytest.mark.skipif(
    sys.version_info < (3, 11),
    reason="before Python 3.11 langgraph cannot give async runs their config: no interrupt() and no token streaming",
)

GRAPHS = Path(__file__).parent / "graphs"
WORKER = Path(__file__).parents[1]


def load_params(graphs: dict[str, str], root: Path = GRAPHS, **changes: Any) -> dict[str, Any]:
    """What `load` is called with, for graphs written as `file.py:attribute` or `module:attribute`."""
    specs = {}
    for graph_id, target in graphs.items():
        name, _, attribute = target.rpartition(":")
        place = {"file": str(root / name)} if name.endswith(".py") else {"module": name}
        specs[graph_id] = {**place, "attribute": attribute, "description": None}
    given = {"root": str(root), "sys_path": [str(root)], "graphs": specs, "auth": None, "jobs": 10}
    return {**given, "api_url": "http://127.0.0.1:2024", **changes}


def run_params(graph_id: str, input: Any = None, **changes: Any) -> dict[str, Any]:
    """What `run` is called with; a new thread, unless `thread_id` is among the changes."""
    run_id = str(uuid.uuid4())
    thread_id = changes.get("thread_id") or str(uuid.uuid4())
    configurable = {"run_id": run_id, "thread_id": thread_id, "graph_id": graph_id, "assistant_id": "assistant"}
    configurable.update(changes.pop("configurable", {}))
    return {
        "run_id": run_id,
        "thread_id": thread_id,
        "graph_id": graph_id,
        "input": input,
        "command": None,
        "config": {"configurable": configurable, **changes.pop("config", {})},
        "context": None,
        "user": None,
        "stream_mode": ["values"],
        "event_streaming": False,
        "subgraphs": False,
        "interrupt_before": None,
        "interrupt_after": None,
        "durability": "async",
        "checkpoint": None,
        "prefetched": False,
        "temporary": False,
        **changes,
    }


async def load(server: FakeServer, graphs: dict[str, str], **changes: Any) -> dict[str, Any]:
    """Load graphs; the reply's meta."""
    return (await server.call("load", load_params(graphs, **changes))).meta


def start(server: FakeServer, graph_id: str, input: Any = None, **changes: Any) -> Pending:
    """Start a run."""
    return server.start("run", run_params(graph_id, input, **changes))


async def run(server: FakeServer, graph_id: str, input: Any = None, **changes: Any) -> Answer:
    """Run a graph to its end."""
    return await start(server, graph_id, input, **changes).answer


class Process:
    """A real worker process in front of a fake server."""

    def __init__(self, server: FakeServer, child: asyncio.subprocess.Process) -> None:
        self.server = server
        self.child = child


@asynccontextmanager
async def process(
    pass_fds: Sequence[int] = (), cwd: Path | None = None, sources: Path = WORKER, **environment: str
) -> AsyncIterator[Process]:
    """Start a worker as the server does."""
    ours, theirs = socket.socketpair()
    fd = theirs.fileno()
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(sources),
        env={**os.environ, "LGX_WORKER_FD": str(fd), **environment},
        pass_fds=[fd, *pass_fds],
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    theirs.close()
    transport, server = await asyncio.get_running_loop().create_connection(FakeServer, sock=ours)
    try:
        yield Process(server, child)
    finally:
        transport.abort()
        if child.returncode is None:
            try:
                await asyncio.wait_for(child.wait(), 5)
            except TimeoutError:
                child.kill()
                raise
