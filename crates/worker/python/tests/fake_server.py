"""A server made of dictionaries: the other end of the socket, for a worker in this process or a real one."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from app_requests import AppCalls
from checkpoint_table import CheckpointTable
from item_table import ItemTable
from lgx_worker import frames
from lgx_worker.calls import Call
from lgx_worker.connection import Connection
from lgx_worker.errors import CallFailed, FrameTooLarge
from lgx_worker.frames import Kind
from lgx_worker.handlers import handle
from lgx_worker.worker import Worker


@dataclass
class RunSteps:
    """What a run has told of its tasks."""

    started: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0

    def add(self, news: dict[str, Any]) -> None:
        """More has come."""
        self.started += news["started"]
        self.ended += news["ended"]
        self.dropped += news["dropped"]

    def all(self) -> list[tuple[str, str, str]]:
        """Namespaces without ids, nodes, and how they ended, in the order in which they started."""
        ends = {end["task_id"]: end["status"] for end in self.ended}
        return [
            (re.sub(r":[-0-9a-f]{36}", "", start["ns"]), start["node"], ends.get(start["task_id"], "running"))
            for start in self.started
        ]


@dataclass
class RunCalls:
    """What a run has told of the calls that it made."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0

    def add(self, news: dict[str, Any]) -> None:
        """More has come."""
        self.changes += news["changes"]
        self.dropped += news["dropped"]

    def all(self) -> list[dict[str, Any]]:
        """The calls as they are now, in the order in which they began."""
        calls: dict[str, dict[str, Any]] = {}
        for change in self.changes:
            call = calls.setdefault(change["call_id"], {"call_id": change["call_id"], "end": None, "text": ""})
            call.update(change.get("start") or {})
            call["text"] += change.get("text") or ""
            if "first_token_at" in change:
                call["first_token_at"] = change["first_token_at"]
            if "end" in change:
                assert call["end"] is None
                call["end"] = change["end"]
        return list(calls.values())


@dataclass
class Answer:
    """The answer to a call, with the events that came before it."""

    meta: dict[str, Any]
    sections: list[bytes]
    events: list[tuple[str, Any]]
    steps: RunSteps
    calls: RunCalls

    @property
    def values(self) -> Any:
        """The JSON of the first section."""
        return json.loads(self.sections[0])

    def named(self, name: str) -> list[Any]:
        """The data of the events of one name."""
        return [data for event, data in self.events if event == name]


@dataclass
class Pending:
    """A call on its way."""

    id: int
    answer: asyncio.Future[Answer]
    events: list[tuple[str, Any]] = field(default_factory=list)
    steps: RunSteps = field(default_factory=RunSteps)
    calls: RunCalls = field(default_factory=RunCalls)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at every event of this call, and at its answer."""
    size: int = 0
    """The bytes of its data so far."""
    granted: int = 0
    """The bytes that the worker has granted for what was sent along."""
    grants: bool = True
    """Whether the worker gets credit for what has arrived, at once."""
    pieces: list[tuple[dict[str, Any], list[bytes]]] | None = None
    """The data of a call whose data are no events."""

    async def piece(self, index: int) -> tuple[dict[str, Any], list[bytes]]:
        """Wait for a piece of the data; the call must not end before it."""
        assert self.pieces is not None
        while len(self.pieces) <= index:
            assert not self.answer.done(), self.answer
            self.arrived.clear()
            await self.arrived.wait()
        return self.pieces[index]

    async def event(self, name: str) -> Any:
        """Wait for the first event of this name; the run must not end before it."""
        while True:
            for event, data in self.events:
                if event == name:
                    return data
            assert not self.answer.done(), self.answer.result().meta
            self.arrived.clear()
            await self.arrived.wait()


class FakeServer(asyncio.Protocol):
    """Calls the worker, and answers its calls about checkpoints."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.checkpoints = CheckpointTable()
        self.items = ItemTable()
        self.app_calls = AppCalls(self.send)
        self.seen: list[str] = []
        """The methods the worker has used, NOTEs marked with a `~`."""
        self.logs: list[dict[str, Any]] = []
        self.logged = asyncio.Event()
        self.hello: asyncio.Future[dict[str, Any]] = self.loop.create_future()
        self.warm: asyncio.Future[dict[str, Any]] = self.loop.create_future()
        self.pong: asyncio.Future[int] = self.loop.create_future()
        self.closed = asyncio.Event()
        self.begun: list[int] = []
        """The calls that the worker has said to have begun on."""
        self.questions: asyncio.Queue[tuple[int, dict[str, Any]]] = asyncio.Queue()
        """What is asked of the terminal: the id to answer, and the parameters."""
        self.fail: dict[str, str] = {}
        """Methods to refuse, with the message."""
        self._buffer = bytearray()
        self._held: list[bytes] | None = None
        self._ids = itertools.count(2, 2)
        self._pending: dict[int, Pending] = {}
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment] # of a Unix socket it is a `Transport`

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(ConnectionError("the worker has gone"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (length := frames.frame_length(self._buffer)) is not None and length <= len(self._buffer):
            frame = bytes(self._buffer[:length])
            del self._buffer[:length]
            self._frame(frames.decode(frame))

    def _frame(self, frame: frames.Frame) -> None:
        sections = [bytes(section) for section in frame.sections]
        if frame.kind in (Kind.CALL, Kind.NOTE):
            self._answer(frame, sections)
        elif frame.kind in (Kind.REPLY, Kind.ERROR):
            pending = self._pending.pop(frame.id)
            pending.arrived.set()
            if frame.kind == Kind.ERROR:
                pending.answer.set_exception(CallFailed.from_meta(frame.meta))
            else:
                pending.answer.set_result(Answer(frame.meta, sections, pending.events, pending.steps, pending.calls))
        elif frame.kind == Kind.DATA:
            if frame.id % 2:
                return self.app_calls.data(frame)
            pending = self._pending.get(frame.id)
            if pending is None:
                return None  # it was answered already
            if pending.pieces is not None:
                pending.pieces.append((frame.meta, sections))
                return self._took(pending, frame.size)
            if "steps" in frame.meta or "calls" in frame.meta:
                if "steps" in frame.meta:
                    pending.steps.add(frame.meta["steps"])
                if "calls" in frame.meta:
                    pending.calls.add(frame.meta["calls"])
                return self._took(pending, frame.size)
            loading = frame.meta.get("loading")
            if "files" in frame.meta:
                event = ("files", frame.meta)
            elif loading:
                event = ("loading", loading)
            elif "still_at" in frame.meta:
                event = ("still_at", frame.meta["still_at"])
            else:
                event = (frame.meta["event"], json.loads(sections[0]))
            pending.events.append(event)
            return self._took(pending, frame.size)
        elif frame.kind == Kind.LOG:
            self.logs.append(frame.meta)
            self.logged.set()
        elif frame.kind == Kind.HELLO:
            self.hello.set_result(frame.meta)
        elif frame.kind == Kind.WARM:
            self.warm.set_result(frame.meta)
        elif frame.kind == Kind.PONG:
            self.pong.set_result(frame.id)
        elif frame.kind == Kind.BEGUN:
            self.begun.append(frame.id)
        elif frame.kind in (Kind.CREDIT, Kind.CANCEL):
            if frame.id % 2:
                self.app_calls.control(frame)
            elif (granted := self._pending.get(frame.id)) is not None:
                granted.granted += frame.meta["bytes"]
                granted.arrived.set()
        else:
            raise AssertionError(f"a worker does not send kind {frame.kind}")
        return None

    def _took(self, pending: Pending, size: int) -> None:
        pending.size += size
        pending.arrived.set()
        if pending.grants:
            self.grant(pending, size)

    def _answer(self, frame: frames.Frame, sections: list[bytes]) -> None:
        method, params = frame.meta["method"], frame.meta["params"]
        called = frame.kind == Kind.CALL
        self.seen.append(method if called else f"~{method}")
        if method == "terminal.read":
            self.questions.put_nowait((frame.id, params))
            return
        if method.startswith(("http.", "websocket.")):
            self.app_calls.call(frame.id, method, params, sections)
            return
        if method in self.fail:
            assert called
            self.send(Kind.ERROR, frame.id, {"type": "StoreError", "message": self.fail[method]})
            return
        answer = self.items.batch if method == "store.batch" else self._checkpoint_call(method)
        meta, parts = answer(params, sections)
        if not called:
            return
        try:
            self.send(Kind.REPLY, frame.id, meta, parts)
        except FrameTooLarge as error:
            self.send(Kind.ERROR, frame.id, {"type": "FrameTooLarge", "message": str(error)})

    def _checkpoint_call(self, method: str) -> Any:
        return getattr(self.checkpoints, method.removeprefix("checkpoint."))

    def send(self, kind: int, id: int, meta: dict[str, Any], sections: Sequence[bytes] = ()) -> None:
        """Send any frame."""
        frame = frames.encode(kind, id, meta, sections)
        if self._held is None:
            self.transport.write(frame)
        else:
            self._held.append(frame)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what is sent in this block in one piece: a worker has read all of it before it acts on any."""
        self._held = held = []
        yield
        self._held = None
        self.transport.write(b"".join(held))

    def start(
        self, method: str, params: dict[str, Any], sections: Sequence[bytes] = (), *, grants: bool = True
    ) -> Pending:
        """Call the worker without waiting."""
        id_ = next(self._ids)
        pieces: list[Any] | None = [] if method in ("http", "websocket") else None
        pending = self._pending[id_] = Pending(id_, self.loop.create_future(), grants=grants, pieces=pieces)
        self.send(Kind.CALL, id_, {"method": method, "params": params}, sections)
        return pending

    def grant(self, pending: Pending, size: int) -> None:
        """Take so many bytes more of a call's data."""
        self.send(Kind.CREDIT, pending.id, {"bytes": size})

    async def call(self, method: str, params: dict[str, Any], sections: Sequence[bytes] = ()) -> Answer:
        """Call the worker and wait for the answer."""
        return await self.start(method, params, sections).answer

    def data(
        self, pending: Pending, meta: dict[str, Any], sections: Sequence[bytes] = (), *, last: bool = False
    ) -> int:
        """Send data into a call; what it costs."""
        frame = frames.encode_raw(Kind.DATA, pending.id, json.dumps(meta).encode(), sections, last=last)
        self.transport.write(frame)
        return len(frame)

    async def asked(self, prompt: str) -> int:
        """Wait for the next question, which must have this prompt; the id to answer."""
        id_, question = await self.questions.get()
        assert question["prompt"] == prompt, question
        return id_

    def typed(self, id_: int, text: str) -> None:
        """Answer a question."""
        self.send(Kind.REPLY, id_, {"typed": text})

    def refuse(self, id_: int, kind: str) -> None:
        """Answer a question with an error."""
        self.send(Kind.ERROR, id_, {"type": kind, "message": "no"})

    def cancel(self, pending: Pending) -> None:
        """Ask the worker to stop a call."""
        self.send(Kind.CANCEL, pending.id, {})

    async def log(self, text: str) -> dict[str, Any]:
        """Wait for the first log line that contains `text`."""
        while True:
            for line in self.logs:
                if text in line["text"]:
                    return line
            self.logged.clear()
            await self.logged.wait()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[FakeServer, Worker]]:
    """A fake server and a worker in this process, joined by a socket pair."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    worker: Worker

    async def answer(method: str, params: dict[str, Any], sections: list[memoryview]) -> Any:
        return await handle(worker, method, params, sections)

    _, server = await loop.create_connection(FakeServer, sock=ours)

    def take(call: Call, params: dict[str, Any], sections: list[memoryview]) -> bool:
        return worker.app is not None and worker.app.take(call, params, sections)

    connection = Connection(loop, theirs, answer, on_shutdown=lambda: None, on_lost=lambda: None, take=take)
    worker = Worker(connection)
    try:
        yield server, worker
    finally:
        connection.close()
        await server.closed.wait()
