"""The connection to the server: frames in and out, calls in both directions, cancellation, and write flow control."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from lgx_worker import frames
from lgx_worker.errors import CallFailed, ConnectionClosed, FrameTooLarge
from lgx_worker.frames import BadFrame, Bytes, Kind

HIGH_WATER = 1024 * 1024
LOW_WATER = 256 * 1024

Answer = tuple[dict[str, Any], Sequence[Bytes]]
Handle = Callable[[str, dict[str, Any], list[memoryview]], Awaitable[Answer]]


@dataclass
class Call:
    """A call of the server that is being answered."""

    id: int
    cancelled: bool = False
    """The server has asked to stop it; set even when user code swallows the cancellation."""
    started: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    def cancel(self) -> None:
        """Stop the call once; a task that has not started yet sees `cancelled` instead, so that it still answers."""
        if self.cancelled:
            return
        self.cancelled = True
        if self.started and self.task is not None:
            self.task.cancel()


_current_call: ContextVar[Call] = ContextVar("lgx_call")


def current_call() -> Call:
    """The call that the running handler answers."""
    return _current_call.get()


class Connection(asyncio.Protocol):
    """One end of the connection. Everything but `call_sync`, `note` and `send_soon` belongs to the loop's thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        handle: Handle,
        *,
        on_shutdown: Callable[[], None],
        on_lost: Callable[[], None],
        before_answer: Callable[[], None] = lambda: None,
    ) -> None:
        self.loop = loop
        self._handle = handle
        self._on_shutdown = on_shutdown
        self._on_lost = on_lost
        self._before_answer = before_answer
        self._thread = threading.get_ident()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._last_id = 0
        self._waiting: dict[int, asyncio.Future[tuple[dict[str, Any], list[memoryview]]]] = {}
        self._answering: dict[int, Call] = {}
        self.paused = False
        """The socket is full: whoever can wait should `await drain()` before sending more."""
        self._resumed: list[asyncio.Future[None]] = []

    # Calls of the worker to the server

    async def call(
        self, method: str, params: dict[str, Any], sections: Sequence[Bytes] = ()
    ) -> tuple[dict[str, Any], list[memoryview]]:
        """Call the server and wait for its reply; `CallFailed` when it answers with an error."""
        if self.paused:
            await self.drain()
        self._last_id += 1
        id_ = self._last_id
        frame = frames.encode(Kind.CALL, id_, {"method": method, **params}, sections)
        future = self.loop.create_future()
        self._waiting[id_] = future
        try:
            self._write(frame)
            return await future
        finally:
            self._waiting.pop(id_, None)

    def call_sync(
        self, method: str, params: dict[str, Any], sections: Sequence[Bytes] = ()
    ) -> tuple[dict[str, Any], list[memoryview]]:
        """`call` for synchronous code in another thread, such as a synchronous node that invokes a subgraph."""
        self.refuse_on_loop(method)
        return asyncio.run_coroutine_threadsafe(self.call(method, params, sections), self.loop).result()

    def refuse_on_loop(self, what: str) -> None:
        """Raise when on the event loop's thread, where waiting for the server would be waiting for ever."""
        if threading.get_ident() == self._thread:
            raise RuntimeError(
                f"A synchronous call ({what}) was made on the event loop, where it would wait for itself. "
                "Use the async form (`ainvoke`, `aget_state`, …) in an async node, or make the node a plain `def`."
            )

    def note(self, method: str, params: dict[str, Any], sections: Sequence[Bytes] = ()) -> None:
        """A call that is not answered; from any thread, applied in the order sent."""
        self.send_soon(frames.encode(Kind.NOTE, 0, {"method": method, **params}, sections))

    def send_soon(self, frame: bytes) -> None:
        """Write a frame, from any thread."""
        if threading.get_ident() == self._thread:
            self._write(frame)
        else:
            self.loop.call_soon_threadsafe(self._write, frame)

    async def event(self, call_id: int, meta: bytes, data: bytes) -> None:
        """One stream event of the run that `call_id` asked for; waits while the socket is full."""
        self._write(frames.encode_raw(Kind.EVENT, call_id, meta, (data,)))
        if self.paused:
            await self.drain()

    async def drain(self) -> None:
        """Wait until the socket takes more."""
        while self.paused:
            future = self.loop.create_future()
            self._resumed.append(future)
            await future

    def hello(self, meta: dict[str, Any]) -> None:
        """Send HELLO."""
        self._write(frames.encode(Kind.HELLO, 0, meta))

    def close(self) -> None:
        """Write what is buffered, then hang up."""
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and bound its buffer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER, low=LOW_WATER)

    def pause_writing(self) -> None:
        """The socket is full."""
        self.paused = True

    def resume_writing(self) -> None:
        """The socket takes more."""
        self.paused = False
        waiting, self._resumed = self._resumed, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits for the server, then leave."""
        self._transport = None
        self.resume_writing()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionClosed("the server has closed the connection"))
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        """Take whole frames from the bytes so far; copies nothing when a read holds whole frames."""
        if self._buffer:
            self._buffer += data
            whole = frames.frame_length(self._buffer)
            if whole is None or len(self._buffer) < whole:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        at = 0
        try:
            while (length := frames.frame_length(data, at)) is not None and at + length <= len(data):
                self._frame(frames.decode(memoryview(data)[at : at + length]))
                at += length
        except BadFrame:
            if self._transport is not None:
                self._transport.abort()
            return
        if at < len(data):
            self._buffer += data[at:]

    # Frames of the server

    def _frame(self, frame: frames.Frame) -> None:
        kind = frame.kind
        if kind == Kind.REPLY or kind == Kind.ERROR:
            future = self._waiting.get(frame.id)
            if future is None or future.done():
                return  # nobody waits any more
            if kind == Kind.REPLY:
                future.set_result((frame.meta, frame.sections))
            else:
                future.set_exception(CallFailed.from_meta(frame.meta))
        elif kind == Kind.CALL:
            call = self._answering[frame.id] = Call(frame.id)
            call.task = self.loop.create_task(self._answer(call, frame))
        elif kind == Kind.CANCEL:
            if (running := self._answering.get(frame.id)) is not None:
                running.cancel()
        elif kind == Kind.PING:
            self._write(frames.encode(Kind.PONG, frame.id, {}))
        elif kind == Kind.SHUTDOWN:
            self._on_shutdown()

    async def _answer(self, call: Call, frame: frames.Frame) -> None:
        call.started = True
        _current_call.set(call)
        meta = frame.meta
        try:
            reply, sections = await self._handle(str(meta.pop("method", "")), meta, frame.sections)
            answer = frames.encode(Kind.REPLY, call.id, reply, sections)
        except BaseException as error:  # noqa: BLE001 - every call is answered, whatever user code raised
            answer = frames.encode(Kind.ERROR, call.id, _failure(error).to_meta())
        finally:
            self._answering.pop(call.id, None)
        self._before_answer()
        self._write(answer)

    def _write(self, frame: bytes) -> None:
        if self._transport is not None:
            self._transport.write(frame)


def _failure(error: BaseException) -> CallFailed:
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, FrameTooLarge):
        return CallFailed(str(error), type="FrameTooLarge")
    if isinstance(error, asyncio.CancelledError):
        return CallFailed("the call was cancelled", type="Cancelled")
    from lgx_worker.diagnostics import message_of

    return CallFailed(message_of(error), type=type(error).__name__)
