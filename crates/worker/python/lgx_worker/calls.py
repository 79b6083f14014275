"""A call of the server that is being answered: its cancellation, and its stream, data in both directions before the answer.

Each direction of each stream has credit of its own, in bytes. Who sends stops when it has used it up and goes on when the
receiver, having worked something off, grants more; so neither side ever keeps from reading the connection because of one call.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lgx_worker import frames
from lgx_worker.frames import BadFrame, Bytes, Kind

if TYPE_CHECKING:
    from lgx_worker.blocking_error import BlockingError
    from lgx_worker.connection import Connection

WINDOW = 1024 * 1024
"""The credit that each direction of a stream begins with, in bytes."""
_GRANTED_AT_ONCE = WINDOW // 2
"""What has to be worked off before more is granted."""


STREAMED = frozenset({"load", "run"})
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
        self.started = False
        self.task: asyncio.Task[None] | None = None
        self._connection = connection
        self._credit = WINDOW
        self._may_send = asyncio.Event()
        """Set by every grant; only of use to whoever has cleared it before looking at the credit."""

    def cancel(self) -> None:
        """Stop the call once; a task that has not started yet sees `cancelled` instead, so that it still answers."""
        if self.cancelled:
            return
        self.cancelled = True
        self._may_send.set()
        if self.started and self.task is not None:
            self.task.cancel()

    @cached_property
    def received(self) -> Received:
        """What the server sends along."""
        return Received(lambda size: self._connection.grant(self.id, size))

    def feed(self, frame: frames.Frame) -> None:
        """Take data that has arrived; `BadFrame` when it may not."""
        if self.method not in STREAMED:
            raise BadFrame(f"`{self.method}` does not stream, and data came for it")
        self.received.feed(frame)

    def granted(self, size: int) -> None:
        """The server takes so many bytes more."""
        self._credit += size
        self._may_send.set()

    async def send(self, meta: bytes, sections: Sequence[Bytes] = ()) -> None:
        """Send data; waits for credit, which a cancelled call does not need, and while the socket is full."""
        while self._credit <= 0 and not self.cancelled:
            self._may_send.clear()
            await self._may_send.wait()
        self._write(meta, sections)
        await self._connection.drain()

    def offer(self, meta: dict[str, Any]) -> None:
        """Send data that can be left out, from any thread, also while the event loop stands still."""
        if self._credit > 0:
            self._write(frames.encode_meta(meta), ())

    def _write(self, meta: bytes, sections: Sequence[Bytes]) -> None:
        frame = frames.encode_raw(Kind.DATA, self.id, meta, sections)
        self._credit -= len(frame)
        self._connection.write(frame)


class Received(AsyncIterator[frames.Frame]):
    """The data that the server sends into a call, to its end. Iterating is what grants the server more."""

    def __init__(self, grant: Callable[[int], None]) -> None:
        self._grant = grant
        self._arrived: deque[frames.Frame] = deque()
        self._any = asyncio.Event()
        self._allowance = WINDOW
        self._worked_off = 0
        self._over = False

    def feed(self, frame: frames.Frame) -> None:
        """Take data that has arrived; `BadFrame` when it was not granted."""
        if self._allowance <= 0:
            raise BadFrame("data came that was not granted")
        self._allowance -= frame.size
        self._arrived.append(frame)
        self._any.set()

    async def __anext__(self) -> frames.Frame:
        """The next piece; the last may be empty."""
        if self._over:
            raise StopAsyncIteration
        while not self._arrived:
            self._any.clear()
            await self._any.wait()
        frame = self._arrived.popleft()
        self._over = frame.last
        self._worked_off += frame.size
        if self._worked_off >= _GRANTED_AT_ONCE and not self._over:
            self._grant(self._worked_off)
            self._allowance += self._worked_off
            self._worked_off = 0
        return frame


_current_call: ContextVar[Call] = ContextVar("lgx_call")


def current_call() -> Call:
    """The call that the running handler answers."""
    return _current_call.get()


def enter(call: Call) -> None:
    """From here on the running task answers this call."""
    call.started = True
    _current_call.set(call)
