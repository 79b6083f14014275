"""One connection to the server for clients in the project's code: HTTP/1.1, one request at a time, on the event loop alone.

It knows as much of HTTP as this server says, which is always the other end. That
takes a fifth of what a client for all servers does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any

import httpx

Header = tuple[bytes, bytes]

_MOST_HEAD = 1024 * 1024
_HIGH_WATER = 256 * 1024
"""Bytes that may wait for whoever reads an answer before the socket is not read any more."""
_NO_BODY = frozenset((204, 304))


class LoopbackConnection(asyncio.Protocol):
    """A connection that is open, or has been. What goes wrong is raised as httpx's own clients raise it."""

    def __init__(self) -> None:
        self.closed = False
        """Nothing comes any more; what has come may not be read yet."""
        self.reusable = False
        """The last answer was read to its end, and another request may follow."""
        self.last = False
        """The server has said that it closes after this answer."""
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._read: asyncio.Future[None] | None = None
        """Of whoever waits for more to arrive."""
        self._written: asyncio.Future[None] | None = None
        """Of whoever waits until the socket takes more."""
        self._error: Exception | None = None
        self._paused = False
        self._full = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = transport  # type: ignore[assignment] # of a socket it is a `Transport`

    def data_received(self, data: bytes) -> None:
        """Keep what has come, which stays little: who reads too slowly holds the server up."""
        self._buffer += data
        if len(self._buffer) > _HIGH_WATER and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        _wake(self._read)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed, by either side."""
        self.closed, self._error = True, exc
        _wake(self._read)
        _wake(self._written)

    def pause_writing(self) -> None:
        """The server takes no more for now."""
        self._full = True

    def resume_writing(self) -> None:
        """It does again."""
        self._full = False
        _wake(self._written)

    # The request

    async def send(self, head: bytes, body: AsyncIterable[bytes], *, chunked: bool, patience: float | None) -> None:
        """Send a request, as fast as the server takes it. One that it wants no more of is for its answer to explain."""
        self.reusable = False
        async for piece in body:
            if piece:
                head += b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
                self._transport.write(head)
                head = b""
                await self._drain(patience)
                if self.closed:
                    return
        end = head + (b"0\r\n\r\n" if chunked else b"")
        if end:
            self._transport.write(end)

    async def _drain(self, patience: float | None) -> None:
        while self._full and not self.closed:
            self._written = self._loop.create_future()
            await self._within(patience, self._written, httpx.WriteTimeout)

    # The answer

    async def head(self, patience: float | None) -> tuple[int, list[Header]]:
        """Status and headers."""
        while True:
            while (end := self._buffer.find(b"\r\n\r\n")) < 0:
                if len(self._buffer) > _MOST_HEAD:
                    raise httpx.RemoteProtocolError("the head of the server's answer does not end")
                await self._more(patience, "Server disconnected without sending a response.")
            first, *lines = bytes(self._buffer[:end]).split(b"\r\n")
            del self._buffer[: end + 4]
            status = int(first.split(b" ", 2)[1])
            if status >= 200:
                pairs = (line.partition(b":") for line in lines)
                return status, [(name, value.strip()) for name, _, value in pairs]

    def whole(self, size: int) -> bytes | None:
        """A body of this size, if all of it has arrived."""
        if len(self._buffer) < size:
            return None
        body = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._over()
        return body

    async def sized(self, size: int, patience: float | None) -> AsyncIterator[bytes]:
        """A body of this size, as it comes."""
        async for piece in self._exactly(size, patience):
            yield piece
        self._over()

    async def chunked(self, patience: float | None) -> AsyncIterator[bytes]:
        """A body in chunks, as they come."""
        while size := int((await self._line(patience)).partition(b";")[0], 16):
            async for piece in self._exactly(size, patience):
                yield piece
            await self._line(patience)
        while await self._line(patience):
            pass  # what trails the body
        self._over()

    async def to_the_end(self, patience: float | None) -> AsyncIterator[bytes]:
        """A body that ends with the connection."""
        while self._buffer or not self.closed:
            if self._buffer:
                yield self._take(len(self._buffer))
            else:
                await self._arrival(patience)
        if self._error is not None:
            raise httpx.ReadError(str(self._error)) from self._error

    def close(self) -> None:
        """Break it off."""
        self.reusable = False
        self._transport.abort()

    def _over(self) -> None:
        self.reusable = not (self.closed or self.last or self._buffer)

    async def _exactly(self, size: int, patience: float | None) -> AsyncIterator[bytes]:
        while size:
            if not self._buffer:
                await self._more(patience, _BROKEN_OFF)
            piece = self._take(size)
            size -= len(piece)
            yield piece

    async def _line(self, patience: float | None) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            await self._more(patience, _BROKEN_OFF)
        line = self._take(end)
        del self._buffer[:2]
        return line

    def _take(self, most: int) -> bytes:
        piece = bytes(self._buffer[:most])
        del self._buffer[:most]
        return piece

    async def _more(self, patience: float | None, ended: str) -> None:
        """Wait for more than there is."""
        if self.closed:
            if self._error is not None:
                raise httpx.ReadError(str(self._error)) from self._error
            raise httpx.RemoteProtocolError(ended)
        await self._arrival(patience)

    async def _arrival(self, patience: float | None) -> None:
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        self._read = self._loop.create_future()
        await self._within(patience, self._read, httpx.ReadTimeout)

    async def _within(
        self, patience: float | None, future: asyncio.Future[None], too_late: type[httpx.TimeoutException]
    ) -> None:
        if patience is None:
            return await future
        timer = self._loop.call_later(patience, _fail, future, too_late)
        try:
            return await future
        finally:
            timer.cancel()


_BROKEN_OFF = "peer closed connection without sending complete message body"


def body_of(
    connection: LoopbackConnection, method: str, status: int, headers: Iterable[Header], patience: float | None
) -> bytes | AsyncIterator[bytes]:
    """The body of an answer: all of it if it is there, else as it comes."""
    named = {name.lower(): value for name, value in headers}
    connection.last = named.get(b"connection", b"").lower() == b"close"
    if method == "HEAD" or status in _NO_BODY:
        return connection.whole(0) or b""
    if b"chunked" in named.get(b"transfer-encoding", b"").lower():
        return connection.chunked(patience)
    if (length := named.get(b"content-length")) is None:
        return connection.to_the_end(patience)
    whole = connection.whole(int(length))
    return connection.sized(int(length), patience) if whole is None else whole


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _fail(waiter: asyncio.Future[Any], too_late: type[httpx.TimeoutException]) -> None:
    if not waiter.done():
        waiter.set_exception(too_late(""))
