"""The transport of httpx with which the project's code asks the server: its connections on one event loop, kept open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import httpx

from lgx_worker.loopback_connection import Header, LoopbackConnection, body_of

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_IN_NO_LINE = re.compile(rb"[\r\n\0]")
_KEPT = 20
"""Connections that are kept open for the next requests."""
_KEPT_FOR = 5.0
"""Seconds that one is."""


class LoopbackTransport(httpx.AsyncBaseTransport):
    """As many connections at once as are asked for: an application in the same process has no limit either."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: list[tuple[LoopbackConnection, float]] = []
        """Those that wait for the next request, and until when they may, the last used one last."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request as it is."""
        return await self.ask(request, request.url.raw_path, request.headers.raw)

    async def ask(self, request: httpx.Request, target: bytes, headers: list[Header]) -> httpx.Response:
        """Send a request, but with this target and these headers."""
        assert isinstance(request.stream, httpx.AsyncByteStream), "clients for asynchronous code see to it"
        timeout = request.extensions.get("timeout", {})
        connection = self._take() or await self._connect(timeout.get("connect"))
        try:
            await connection.send(
                _head(request.method, target, headers),
                request.stream,
                chunked="transfer-encoding" in request.headers,
                patience=timeout.get("write"),
            )
            status, answered = await connection.head(timeout.get("read"))
            body = body_of(connection, request.method, status, answered, timeout.get("read"))
        except BaseException:
            connection.close()
            raise
        if isinstance(body, bytes):
            self._keep(connection)
            return httpx.Response(status, headers=answered, stream=httpx.ByteStream(body))
        return httpx.Response(status, headers=answered, stream=_Answer(body, connection, self))

    def keep(self, connection: LoopbackConnection) -> None:
        """Take back a connection whose answer is over, to its end or not."""
        self._keep(connection)

    async def aclose(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop()[0].close()

    def _keep(self, connection: LoopbackConnection) -> None:
        now = asyncio.get_running_loop().time()
        while self._idle and (self._idle[0][1] < now or self._idle[0][0].closed or len(self._idle) >= _KEPT):
            self._idle.pop(0)[0].close()
        if connection.reusable:
            self._idle.append((connection, now + _KEPT_FOR))
        else:
            connection.close()

    def _take(self) -> LoopbackConnection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection, until = self._idle.pop()
            if not connection.closed and until >= now:
                return connection
            connection.close()
        return None

    async def _connect(self, patience: float | None) -> LoopbackConnection:
        opening = asyncio.get_running_loop().create_connection(LoopbackConnection, self._host, self._port)
        try:
            _, connection = await asyncio.wait_for(opening, patience)
        except (TimeoutError, asyncio.TimeoutError):  # one only since Python 3.11
            raise httpx.ConnectTimeout("") from None
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        return connection


class _Answer(httpx.AsyncByteStream):
    """A body that comes while it is read."""

    def __init__(
        self, pieces: AsyncIterator[bytes], connection: LoopbackConnection, transport: LoopbackTransport
    ) -> None:
        self._pieces = pieces
        self._connection = connection
        self._transport = transport
        self._open = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            yield piece

    async def aclose(self) -> None:
        """Give the connection back; what is left of the body is for nobody."""
        if self._open:
            self._open = False
            self._transport.keep(self._connection)


def _head(method: str, target: bytes, headers: list[Header]) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method.encode("ascii"), target)]
    lines += [b"%b: %b" % header for header in headers]
    if not all(_NAME.fullmatch(name) for name, _ in headers) or any(map(_IN_NO_LINE.search, lines)):
        raise httpx.LocalProtocolError("Illegal header name or value")  # it would be read as another request
    return b"\r\n".join((*lines, b"", b""))
