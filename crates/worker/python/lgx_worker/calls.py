"""A call of the server that is being answered: its cancellation, and its stream, data in both directions before the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context, ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lgx_worker import frames
from lgx_worker.frames import BadFrame, Bytes, Kind
from lgx_worker.streams import Credit, Received

if TYPE_CHECKING:
    from lgx_worker.blocking_error import BlockingError
    from lgx_worker.connection import Connection

STREAMED = frozenset({"load", "run", "http", "websocket"})
"""The methods whose calls stream."""


class Call:
    """A call of the server. Used on the event loop, but for `offer`."""

    def __init__(self, id: int, method: str, connection: Connection) -> None:
        self.id = id
        self.method = method
        self.cancelled = False
        """The server has asked to stop it; set even when user code swallows the cancellation."""
        self.failure: BlockingError | None = None
        """Why it fails, whatever comes of it; set on the watchdog's thread."""
        self.on_credit: Callable[[], None] | None = None
        """Called when the server takes more."""
        self.on_cancel: Callable[[], None] | None = None
        """What ends a call that has no task of its own to be cancelled."""
        self.started = False
        self.task: asyncio.Task[None] | None = None
        self.last_data = b""
        """Data that goes out with the answer, in one piece."""
        self._connection = connection
        self._credit = Credit()

    def cancel(self) -> None:
        """Stop the call once; a task that has not started yet sees `cancelled` instead, so that it still answers."""
        if self.cancelled:
            return
        self.cancelled = True
        self._credit.lift()
        if self.on_cancel is not None:
            self.on_cancel()
        elif self.started and self.task is not None:
            self.task.cancel()

    @cached_property
    def received(self) -> Received:
        """What the server sends along."""
        return Received(lambda size: self._connection.grant(self.id, size))

    def end_received(self) -> None:
        """What the server still sends along is for nobody; whoever iterates meets the end."""
        if "received" in self.__dict__:  # else nobody has asked for it, and nothing has come
            self.received.end()

    def feed(self, frame: frames.Frame) -> None:
        """Take data that has arrived; `BadFrame` when it may not."""
        if self.method not in STREAMED:
            raise BadFrame(f"`{self.method}` does not stream, and data came for it")
        self.received.feed(frame)

    def granted(self, size: int) -> None:
        """The server takes so many bytes more."""
        self._credit.grant(size)
        if self.on_credit is not None:
            self.on_credit()

    @property
    def has_credit(self) -> bool:
        """Whether data may be sent without waiting."""
        return self._credit.left > 0

    async def send(self, meta: bytes, sections: Sequence[Bytes] = ()) -> None:
        """Send data; waits for credit, which a cancelled call does not need, and while the socket is full."""
        await self._credit.some()
        self._write(meta, sections)
        await self._connection.drain()

    def send_now(self, meta: bytes) -> None:
        """Send data for which there is credit."""
        self._write(meta, ())

    def send_last(self, meta: bytes) -> None:
        """Send data for which there is credit, with the answer: each piece that is sent wakes the server."""
        self.last_data = self.data(meta)

    def data(self, meta: bytes, sections: Sequence[Bytes] = ()) -> bytes:
        """The frame of data, which whoever asks for it sends."""
        frame = frames.encode_raw(Kind.DATA, self.id, meta, sections)
        self._credit.spend(len(frame))
        return frame

    def offer(self, meta: dict[str, Any], sections: Sequence[Bytes] = ()) -> None:
        """Send data that can be left out, from any thread, also while the event loop stands still."""
        if self._credit.left > 0:
            self._write(frames.encode_meta(meta), sections)

    def _write(self, meta: bytes, sections: Sequence[Bytes]) -> None:
        self._connection.write(self.data(meta, sections))


_current_call: ContextVar[Call] = ContextVar("lgx_call")


def current_call() -> Call:
    """The call that the running handler answers."""
    return _current_call.get()


def call_in(context: Context) -> Call | None:
    """The call that what runs in another context is for."""
    return context.get(_current_call)


def enter(call: Call) -> None:
    """From here on the running task answers this call."""
    call.started = True
    _current_call.set(call)
