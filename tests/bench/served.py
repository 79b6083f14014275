"""A server under test over a copy of the benchmark project, and a client thin enough not to be what is measured."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

PROJECTS = Path(__file__).resolve().parent.parent / "projects"
PROJECT = PROJECTS / "bench"
JAVASCRIPT = PROJECTS / "bench-javascript"
TOKEN = "Bearer user1-token"
CHAT = {"messages": [{"role": "user", "content": "hi"}]}
PATIENCE = 120
# Servers close connections that nobody uses.
IDLE = 2
# Too many to copy.
_PACKAGES = "node_modules"


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int, *, authenticated: bool = False) -> None:
        self._headers = {"Content-Type": "application/json"}
        if authenticated:
            self._headers["Authorization"] = TOKEN
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._used = time.monotonic()

    def request(self, method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        """The answer, still to be read."""
        now = time.monotonic()
        if now - self._used > IDLE:
            self._connection.close()
        self._used = now
        data = None if body is None else json.dumps(body)
        self._connection.request(method, path, data, self._headers)
        return self._connection.getresponse()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that answers a request; anything but success raises."""
        answer = self.request(method, path, body)
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text or b"null")

    def run(self, graph: str, thread: str | None = None) -> Any:
        """The values that a run ends with."""
        path = f"/threads/{thread}/runs/wait" if thread else "/runs/wait"
        given = {"seen": []} if graph == "steps" else CHAT
        return self.call("POST", path, {"assistant_id": graph, "input": given})


@dataclass
class Server:
    """One server in a process group of its own, over a project of its own."""

    command: Sequence[str]
    folder: Path
    config: str = "langgraph.json"
    reloads: bool = False
    flags: Sequence[str] = ()
    settings: dict[str, str] = field(default_factory=dict)
    of: Path = PROJECT
    """The project that it serves a copy of."""
    port: int = field(init=False)
    ready_after: float = field(init=False)
    """How many seconds after its start it answered first."""
    _begun: float = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        shutil.copytree(self.of, self.project, ignore=shutil.ignore_patterns(_PACKAGES))
        if (self.of / _PACKAGES).exists():
            (self.project / _PACKAGES).symlink_to(self.of / _PACKAGES)
        self.port = free_port()

    @property
    def project(self) -> Path:
        """The copy that it serves."""
        return self.folder / "project"

    @property
    def graphs(self) -> Path:
        """The file of its graphs."""
        return next((self.project / "src").glob("graphs.[pt][ys]"))

    def start(self) -> None:
        """Starts it, and comes back with its first answer."""
        flags = ["dev", "--no-browser", "--port", str(self.port), "--config", self.config, *self.flags]
        if not self.reloads:
            flags.append("--no-reload")
        self._begun = time.perf_counter()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.command, *flags],
                cwd=self.project,
                stdout=log,
                stderr=log,
                env=os.environ | {"LANGSMITH_TRACING": "false"} | self.settings,
                start_new_session=True,
            )
        while self._process.poll() is None and self.since_start() < PATIENCE:
            try:
                Client(self.port).call("GET", "/ok")
            except (OSError, RuntimeError, http.client.HTTPException):
                time.sleep(0.002)
            else:
                self.ready_after = self.since_start()
                return
        raise RuntimeError(f"the server did not start:\n{self.said()}")

    def since_start(self) -> float:
        """Seconds since it was started."""
        return time.perf_counter() - self._begun

    def kill(self) -> None:
        """Ends all its processes at once."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def said(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text()[-2000:]

    @property
    def pid(self) -> int:
        """Of the server itself."""
        return self._process.pid

    def memory(self) -> float:
        """Megabytes that its processes take, what they share counted once."""
        total = 0
        for folder, _ in self._processes():
            try:
                total += int((folder / "smaps_rollup").read_text().split("Pss:", 1)[1].split()[0])
            except (OSError, IndexError):
                continue  # it has ended meanwhile
        return total / 1024

    def processor_time(self) -> tuple[float, float]:
        """Seconds that the server itself has computed, and those that the others of its processes have."""
        own, others = 0, 0
        for folder, stat in self._processes():
            ticks = int(stat[11]) + int(stat[12])
            if folder.name == str(self._process.pid):
                own += ticks
            else:
                others += ticks
        per_second = os.sysconf("SC_CLK_TCK")
        return own / per_second, others / per_second

    def _processes(self) -> Iterator[tuple[Path, list[str]]]:
        """The folders in /proc of its processes, each with the fields behind the name in its `stat`."""
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue  # it has ended meanwhile
            if fields[3] == str(self._process.pid):
                yield status.parent, fields

    @property
    def state(self) -> Path:
        """Where lgx keeps its state."""
        return self.project / ".lgx"

    @property
    def _log(self) -> Path:
        return self.folder / "log"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def alone(command: Sequence[str]) -> Iterator[int]:
    """Another server of the project, told its port with `--port`, from the moment that it listens to its end; its port."""
    port = free_port()
    process = subprocess.Popen([*command, "--port", str(port)], cwd=PROJECT)
    try:
        begun = time.perf_counter()
        while process.poll() is None and time.perf_counter() - begun < PATIENCE:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                time.sleep(0.01)
            else:
                break
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def served(server: Server) -> Iterator[Server]:
    """The server from its first answer to its end."""
    try:
        server.start()
        yield server
    finally:
        server.kill()


def median_ms(repeats: int, action: Callable[[], Any]) -> float:
    """The median time of an action, in milliseconds."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return median(times) * 1e3
