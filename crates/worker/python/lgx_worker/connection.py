"""The connection to the server: frames in and out, calls in both directions, and cancellation."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeVar

from lgx_worker import calls, frames
from lgx_worker.calls import Call
from lgx_worker.errors import CallFailed, ConnectionClosed, FrameTooLarge
from lgx_worker.frames import BadFrame, Bytes, Kind
from lgx_worker.outgoing_stream import OutgoingStream
from lgx_worker.socket_stream import SocketStream

_CLOSED = "the server has closed the connection"

ServerMethod = Literal[
    "checkpoint.put",
    "checkpoint.put_writes",
    "checkpoint.put_update",
    "checkpoint.get",
    "checkpoint.list",
    "checkpoint.delete_thread",
    "checkpoint.delete_for_runs",
    "checkpoint.copy_thread",
    "checkpoint.prune",
    "store.batch",
    "terminal.read",
    "http.serve",
    "websocket.serve",
    "http.authenticate",
]
"""What the server answers; `fixtures/methods.json` lists it for every language."""

Answer = tuple[dict[str, Any], Sequence[Bytes]]
Reply = tuple[dict[str, Any], list[memoryview]]
Waiter = TypeVar("Waiter", asyncio.Future, concurrent.futures.Future)
Handle = Callable[[str, dict[str, Any], list[memoryview]], Awaitable[Answer]]
Take = Callable[[Call, dict[str, Any], list[memoryview]], bool]


class Connection:
    """One end of the connection. Frames are written by whatever thread has them, and handled on the event loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        handle: Handle,
        *,
        on_shutdown: Callable[[], None],
        on_lost: Callable[[], None],
        take: Take = lambda *_: False,
        on_call: Callable[[], None] = lambda: None,
        before_answer: Callable[[], None] = lambda: None,
    ) -> None:
        """`take` takes a call that will be answered by `answer` or `fail`; all that it does not want go to `handle`."""
        self.loop = loop
        self._handle = handle
        self._take = take
        self._on_call = on_call
        self._on_shutdown = on_shutdown
        self._on_lost = on_lost
        self._before_answer = before_answer
        self._thread = threading.get_ident()
        self._buffer = bytearray()
        self._scheduled = 0
        """Reads whose frames the event loop has yet to handle."""
        self._ids = itertools.count(1, 2)  # odd: the server's own are even
        self._waiting: dict[int, asyncio.Future[Reply] | concurrent.futures.Future[Reply]] = {}
        self._streams: dict[int, OutgoingStream] = {}
        self._answering: dict[int, Call] = {}
        self._drained: list[asyncio.Future[None]] = []
        self._asking = False
        """The event loop's thread waits for a person."""
        self._stream = SocketStream(loop, sock, on_data=self._data, on_resumed=self._resume, on_lost=self._lost)

    # Calls of the worker to the server

    async def call(self, method: ServerMethod, params: dict[str, Any], sections: Sequence[Bytes] = ()) -> Reply:
        """Call the server and wait for its reply; `CallFailed` when it answers with an error."""
        await self.drain()
        return await self._call(self.loop.create_future(), method, params, sections)

    async def open(
        self, method: ServerMethod, params: dict[str, Any], sections: Sequence[Bytes] = ()
    ) -> OutgoingStream:
        """Call the server with a method that streams. Whoever opens it iterates it to its end, or cancels it."""
        await self.drain()
        stream = OutgoingStream(next(self._ids), self)
        self._stream.write(frames.encode(Kind.CALL, stream.id, {"method": method, "params": params}, sections))
        self._streams[stream.id] = stream
        if self._stream.closed:
            stream.lost(ConnectionClosed(_CLOSED))
        return stream

    def call_sync(self, method: ServerMethod, params: dict[str, Any], sections: Sequence[Bytes] = ()) -> Reply:
        """`call` for synchronous code, in any thread. On the event loop's it blocks all runs until the reply."""
        waiter: concurrent.futures.Future[Reply] = concurrent.futures.Future()
        self._call(waiter, method, params, sections)
        self._stream.wait(waiter.done)
        if not waiter.done():
            raise ConnectionClosed(_CLOSED)
        return waiter.result()

    def ask(self, method: ServerMethod, params: dict[str, Any]) -> Reply:
        """`call_sync` for what a person answers, which takes its time and is nobody's fault.

        On the event loop's thread pings are answered meanwhile. In others the loop reads the answer, so that this thread does
        not keep the socket from those whose calls are answered sooner.
        """
        if threading.get_ident() != self._thread:
            waiter: concurrent.futures.Future[Reply] = concurrent.futures.Future()
            return self._call(waiter, method, params).result()
        self._asking = True
        try:
            return self.call_sync(method, params)
        finally:
            self._asking = False

    def note(self, method: ServerMethod, params: dict[str, Any], sections: Sequence[Bytes] = ()) -> None:
        """A call that is not answered; from any thread, applied in the order sent."""
        self._stream.write(frames.encode(Kind.NOTE, 0, {"method": method, "params": params}, sections))

    def write(self, frame: bytes) -> None:
        """Send a frame; from any thread."""
        self._stream.write(frame)

    def grant(self, call_id: int, size: int) -> None:
        """Let the server send so many bytes more into a call, of either side."""
        self._stream.write(frames.encode(Kind.CREDIT, call_id, {"bytes": size}))

    def begun(self, call_id: int, data: bytes = b"") -> None:
        """Say that a call is being executed: from here on the server sends it nowhere else. `data` is a frame that goes along."""
        self._stream.write(frames.bare(Kind.BEGUN, call_id) + data)

    def answer(self, call: Call, meta: dict[str, Any], sections: Sequence[Bytes] = (), *, soon: bool = False) -> None:
        """Answer a call that was taken; on the event loop. `soon`: more is about to be written, and it may go with that."""
        try:
            answer = frames.encode(Kind.REPLY, call.id, meta, sections)
        except FrameTooLarge as error:
            self.fail(call, error)
        else:
            self._answered(call)
            (self._stream.write_soon if soon else self._stream.write)(answer)

    def fail(self, call: Call, error: BaseException) -> None:
        """Answer a call that was taken with an error; on the event loop."""
        answer = frames.encode(Kind.ERROR, call.id, _failure(error).to_meta())
        self._answered(call)
        self._stream.write(answer)

    def log(self, entry: dict[str, Any]) -> bool:
        """Send LOG, from any thread; False when it is left out, as too much waits to be sent."""
        return self._stream.offer(frames.encode(Kind.LOG, 0, entry))

    def hello(self, meta: dict[str, Any]) -> None:
        """Send HELLO."""
        self._stream.write(frames.encode(Kind.HELLO, 0, meta))

    def warm(self, files: list[str]) -> None:
        """Say that what was to be imported ahead has been, and from which files."""
        self._stream.write(frames.encode(Kind.WARM, 0, {"files": files}))

    @property
    def paused(self) -> bool:
        """The socket is full."""
        return self._stream.paused

    async def drain(self) -> None:
        """Wait until the socket takes more, if it is full."""
        while self._stream.paused:
            future = self.loop.create_future()
            self._drained.append(future)
            if self._stream.paused:  # else it resumed before the future could be seen
                await future

    def close(self) -> None:
        """Write what is buffered, then hang up."""
        self._stream.close()

    def watch_hang_up(self, then: Callable[[], None]) -> None:
        """Call `then`, on a thread of its own, when the server leaves, even while the event loop is blocked."""
        self._stream.watch_hang_up(then)

    def _call(
        self, waiter: Waiter, method: ServerMethod, params: dict[str, Any], sections: Sequence[Bytes] = ()
    ) -> Waiter:
        id_ = next(self._ids)
        frame = frames.encode(Kind.CALL, id_, {"method": method, "params": params}, sections)
        self._waiting[id_] = waiter
        waiter.add_done_callback(lambda _: self._waiting.pop(id_, None))  # also when its task is cancelled
        if self._stream.closed:
            waiter.set_exception(ConnectionClosed(_CLOSED))
        self._stream.write(frame)
        return waiter

    # On the event loop, or on the thread of a synchronous call that is waiting

    def _data(self, data: bytes, from_loop: bool) -> None:
        """Take whole frames from the bytes so far; copies nothing when a read holds whole frames.

        What the event loop itself has read is handled at once, but for what others have read before. In the midst of a
        synchronous call, also one on the loop's own thread, it waits for a turn of the loop's own.
        """
        if self._buffer:
            self._buffer += data
            try:
                whole = frames.frame_length(self._buffer)
            except BadFrame:
                return self._reject()
            if whole is None or len(self._buffer) < whole:
                return None
            data = bytes(self._buffer)
            self._buffer.clear()
        at = 0
        received = []
        try:
            while (length := frames.frame_length(data, at)) is not None and at + length <= len(data):
                frame = frames.decode(memoryview(data)[at : at + length])
                at += length
                if frame.kind == Kind.PING and self._asking:
                    self._pong(frame)
                elif not self._answer_waiting_thread(frame):
                    received.append(frame)
        except BadFrame:
            return self._reject()
        if at < len(data):
            self._buffer += data[at:]
        if not received:
            return None
        if from_loop and not self._scheduled:
            self._frames(received)
            return None
        self._scheduled += 1
        on_loop = threading.get_ident() == self._thread
        (self.loop.call_soon if on_loop else self.loop.call_soon_threadsafe)(self._scheduled_frames, received)
        return None

    def _reject(self) -> None:
        """The bytes make no sense, and so what follows them would not either."""
        self._buffer.clear()
        self.loop.call_soon_threadsafe(self._stream.close)

    def _answer_waiting_thread(self, frame: frames.Frame) -> bool:
        """A synchronous call's reply: the loop may be what waits for it, so it cannot go through the loop."""
        if frame.kind not in (Kind.REPLY, Kind.ERROR):
            return False
        waiter = self._waiting.get(frame.id)
        if not isinstance(waiter, concurrent.futures.Future):
            return False
        _settle(waiter, frame)
        return True

    # On the event loop

    def _resume(self) -> None:
        waiting, self._drained = self._drained, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _lost(self) -> None:
        self._resume()
        for waiter in list(self._waiting.values()):
            if isinstance(waiter, asyncio.Future) and not waiter.done():
                waiter.set_exception(ConnectionClosed(_CLOSED))
        for stream in self._streams.values():
            stream.lost(ConnectionClosed(_CLOSED))
        self._on_lost()

    def _scheduled_frames(self, received: list[frames.Frame]) -> None:
        self._scheduled -= 1
        self._frames(received)

    def _frames(self, received: list[frames.Frame]) -> None:
        try:
            for frame in received:
                self._frame(frame)
        except BadFrame:
            self._stream.close()

    def _frame(self, frame: frames.Frame) -> None:
        kind = frame.kind
        if kind in (Kind.REPLY, Kind.ERROR):
            waiter = self._waiting.get(frame.id)
            if waiter is not None and not waiter.done():  # else nobody waits any more
                _settle(waiter, frame)
            elif (answered := self._streams.pop(frame.id, None)) is not None:
                answered.answered(frame)
        elif kind == Kind.CALL:
            self._call_of(frame)
        elif kind == Kind.CREDIT:
            if (granted := self._streaming(frame.id)) is not None:
                granted.granted(frame.meta["bytes"])
        elif kind == Kind.DATA:
            if (receiving := self._streaming(frame.id)) is not None:
                receiving.feed(frame)
            elif frame.id in self._waiting:
                raise BadFrame("data came for a call that does not stream")
        elif kind == Kind.CANCEL:
            if (running := self._answering.get(frame.id)) is not None:
                running.cancel()
        elif kind == Kind.PING:
            self._pong(frame)
        elif kind == Kind.SHUTDOWN:
            self._on_shutdown()

    def _streaming(self, id: int) -> Call | OutgoingStream | None:
        return self._answering.get(id) or self._streams.get(id)

    def _pong(self, ping: frames.Frame) -> None:
        self._stream.write(frames.bare(Kind.PONG, ping.id))

    def _call_of(self, frame: frames.Frame) -> None:
        call = self._answering[frame.id] = Call(frame.id, frame.meta.get("method", ""), self)
        self._on_call()
        try:
            taken = self._take(call, frame.meta.get("params", {}), frame.sections)
        except Exception as error:  # noqa: BLE001 - every call is answered
            self.fail(call, error)
            return
        if not taken:
            call.task = self.loop.create_task(self._answer(call, frame))

    def _answered(self, call: Call) -> None:
        """The last moment before the answer to a call is written."""
        self._answering.pop(call.id, None)
        self._before_answer()

    async def _answer(self, call: Call, frame: frames.Frame) -> None:
        calls.enter(call)
        try:
            reply, sections = await self._handle(call.method, frame.meta.get("params", {}), frame.sections)
            answer = frames.encode(Kind.REPLY, call.id, reply, sections)
        except BaseException as error:  # noqa: BLE001 - every call is answered, whatever user code raised
            answer = frames.encode(Kind.ERROR, call.id, _failure(error).to_meta())
        self._answered(call)
        self._stream.write(call.last_data + answer if call.last_data else answer)


def _settle(waiter: asyncio.Future[Reply] | concurrent.futures.Future[Reply], frame: frames.Frame) -> None:
    if frame.kind == Kind.REPLY:
        waiter.set_result((frame.meta, frame.sections))
    else:
        waiter.set_exception(CallFailed.from_meta(frame.meta))


def _failure(error: BaseException) -> CallFailed:
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, FrameTooLarge):
        return CallFailed(str(error), type="FrameTooLarge")
    if isinstance(error, asyncio.CancelledError):
        return CallFailed("the call was cancelled", type="Cancelled")
    from lgx_worker.disclosure import client_message

    return CallFailed(client_message(error), type=type(error).__name__)
