"""A call of the worker to the server that streams: data in both directions, then the reply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from lgx_worker import frames
from lgx_worker.errors import CallFailed
from lgx_worker.frames import Bytes, Frame, Kind
from lgx_worker.streams import Credit, Received

if TYPE_CHECKING:
    from lgx_worker.connection import Connection


class OutgoingStream(AsyncIterator[Frame]):
    """Iterate for the server's data; after the last piece `reply` is there, or the error is raised. Used on the event loop."""

    def __init__(self, id: int, connection: Connection) -> None:
        self.id = id
        self.reply: tuple[dict[str, Any], list[memoryview]] = ({}, [])
        self.over = False
        """It is answered, or cancelled: what is still sent is for nobody."""
        self.cancelled = False
        self._connection = connection
        self._credit = Credit()
        self._received = Received(lambda size: connection.grant(id, size))

    async def __anext__(self) -> Frame:
        """The next piece of what the server answers."""
        return await self._received.__anext__()

    async def send(self, meta: dict[str, Any], sections: Sequence[Bytes] = (), *, last: bool = False) -> None:
        """Send data; waits for credit, and while the socket is full. Nothing is sent once the server has answered."""
        await self._credit.some()
        if self.over:
            return
        frame = frames.encode_raw(Kind.DATA, self.id, frames.encode_meta(meta), sections, last=last)
        self._credit.spend(len(frame))
        self._connection.write(frame)
        await self._connection.drain()

    def cancel(self) -> None:
        """Tell the server that nobody waits for the answer; whoever iterates meets the end."""
        if not self.over:
            self.cancelled = True
            self._connection.write(frames.encode(Kind.CANCEL, self.id, {}))
            self._end()

    # What the connection reports

    def feed(self, frame: Frame) -> None:
        """Data has arrived; `BadFrame` when it was not granted. After a cancellation it is dropped."""
        if not self.over:
            self._received.feed(frame)

    def granted(self, size: int) -> None:
        """The server takes so many bytes more."""
        self._credit.grant(size)

    def answered(self, frame: Frame) -> None:
        """The call is over."""
        if self.over:
            return
        if frame.kind == Kind.REPLY:
            self.reply = (frame.meta, frame.sections)
            self._end()
        else:
            self._end(CallFailed.from_meta(frame.meta))

    def lost(self, error: BaseException) -> None:
        """The connection is."""
        if not self.over:
            self._end(error)

    def _end(self, failure: BaseException | None = None) -> None:
        self.over = True
        self._credit.lift()
        self._received.end(failure)
