"""The SDK's two clients behind one interface: a test that is written for the async client runs with the sync one too."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

STREAMS = ("stream", "join_stream")
# On every call: a server that knows neither must not mind.
EXTRA = {"headers": {"x-unknown-to-the-server": "1"}, "params": {"unknown_to_the_server": "1"}}


class Extra:
    """A part of the async client (`client.runs`), called with one more header and one more query parameter."""

    def __init__(self, part: Any) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        return lambda *arguments, **named: method(*arguments, **{**EXTRA, **named})


class Awaited:
    """A part of the sync client with the methods of the async one."""

    def __init__(self, part: Any) -> None:
        self._part = Extra(part)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        if name in STREAMS:
            return lambda *arguments, **named: _awaited_stream(method(*arguments, **named))

        async def call(*arguments: Any, **named: Any) -> Any:
            return await asyncio.to_thread(method, *arguments, **named)

        return call


class Both:
    """A client whose parts are wrapped."""

    def __init__(self, client: Any, wrap: type) -> None:
        self.assistants = wrap(client.assistants)
        self.threads = wrap(client.threads)
        self.runs = wrap(client.runs)


async def _awaited_stream(parts: Iterator[Any]) -> AsyncIterator[Any]:
    end = object()
    try:
        while (part := await asyncio.to_thread(next, parts, end)) is not end:
            yield part
    finally:
        await asyncio.to_thread(parts.close)  # type: ignore[attr-defined] # a generator, typed as an iterator


async def new_thread(both: Both, **given: Any) -> str:
    """The id of a new thread."""
    return (await both.threads.create(**given))["thread_id"]
