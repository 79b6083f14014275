"""The two ends of one direction of a call's stream: the credit of who sends, and the queue of who receives.

Each direction of each stream has credit of its own, in bytes. Who sends stops when it has used it up and goes on when the
receiver, having worked something off, grants more; so neither side ever keeps from reading the connection because of one call.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from lgx_worker.frames import BadFrame, Frame

WINDOW = 1024 * 1024
"""The credit that each direction of a stream begins with, in bytes."""
_GRANTED_AT_ONCE = WINDOW // 2
"""What has to be worked off before more is granted."""


class Credit:
    """How much the other side takes; used on the event loop, but for `left` and `spend`."""

    def __init__(self) -> None:
        self.left = WINDOW
        self._unlimited = False
        self._may_send: asyncio.Event | None = None
        """Of whoever has to wait; set by every grant."""

    def grant(self, size: int) -> None:
        """The other side takes so many bytes more."""
        self.left += size
        self._wake()

    def lift(self) -> None:
        """From now on nobody has to wait: the call was cancelled, or is over."""
        self._unlimited = True
        self._wake()

    def spend(self, size: int) -> None:
        """So many bytes are sent. They may be more than there is credit for, if there was some."""
        self.left -= size

    async def some(self) -> None:
        """Wait until there is credit, which need not be enough."""
        while self.left <= 0 and not self._unlimited:
            if self._may_send is None:
                self._may_send = asyncio.Event()
            self._may_send.clear()
            await self._may_send.wait()

    def _wake(self) -> None:
        if self._may_send is not None:
            self._may_send.set()


class Received(AsyncIterator[Frame]):
    """The data that the other side sends into a call, to its end. Iterating is what grants it more."""

    def __init__(self, grant: Callable[[int], None]) -> None:
        self.last: Frame | None = None
        """The last piece, from when it has arrived on; those before it may not have been taken yet."""
        self._grant = grant
        self._arrived: deque[Frame] = deque()
        self._any = asyncio.Event()
        self._allowance = WINDOW
        self._worked_off = 0
        self._over = False
        self._ended = False
        self._failure: BaseException | None = None

    def feed(self, frame: Frame) -> None:
        """Take data that has arrived; `BadFrame` when it was not granted."""
        if self._allowance <= 0:
            raise BadFrame("data came that was not granted")
        self._allowance -= frame.size
        if frame.last:
            self.last = frame
        self._arrived.append(frame)
        self._any.set()

    def end(self, failure: BaseException | None = None) -> None:
        """No more will come; whoever has taken what is there meets the end, or what went wrong."""
        self._ended = True
        self._failure = failure
        self._any.set()

    async def __anext__(self) -> Frame:
        """The next piece; the last may be empty."""
        if self._over:
            raise StopAsyncIteration
        while not self._arrived:
            if self._ended:
                if self._failure is not None:
                    raise self._failure
                raise StopAsyncIteration
            self._any.clear()
            await self._any.wait()
        frame = self._arrived.popleft()
        self._over = frame.last
        self._worked_off += frame.size
        if self._worked_off >= _GRANTED_AT_ONCE and not self._over and not self._ended:
            self._grant(self._worked_off)
            self._allowance += self._worked_off
            self._worked_off = 0
        return frame
