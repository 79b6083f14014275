"""A transport whose first stream breaks in the middle, as a connection does."""

from collections.abc import AsyncIterator

import httpx


class Breaking(httpx.AsyncHTTPTransport):
    """Sends so many bytes of the first answer, then fails; what comes after is whole. Remembers what was asked."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        self.asked.append(request)
        if len(self.asked) == 1:
            answer.stream = _Some(answer.stream, self._size)  # type: ignore[arg-type] # an asynchronous one, as the client is
        return answer


class _Some(httpx.AsyncByteStream):
    def __init__(self, whole: httpx.AsyncByteStream, size: int) -> None:
        self._whole = whole
        self._left = size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._whole:
            yield chunk[: self._left]
            self._left -= len(chunk)
            if self._left <= 0:
                raise httpx.ReadError("the connection broke")

    async def aclose(self) -> None:
        await self._whole.aclose()
