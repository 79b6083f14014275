"""Reading run streams: collect them, name them, wait for one event of a run that goes on."""

from collections.abc import AsyncIterator
from typing import Any

from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.schema import StreamPart

from both_clients import Both


async def collect(stream: AsyncIterator[StreamPart]) -> list[StreamPart]:
    """All parts of a stream."""
    return [part async for part in stream]


def of(parts: list[StreamPart], event: str) -> list[Any]:
    """The data of the parts with this event name, in order."""
    return [part.data for part in parts if part.event == event]


def names(parts: list[StreamPart]) -> set[str]:
    """The event names that occur, without their namespaces."""
    return {part.event.split("|")[0] for part in parts}


async def start_slow(client: LangGraphClient | Both, thread_id: str, delay: float, word: str, **options: Any) -> str:
    """Starts a run of `multi` and returns its id once its first node is done and the slow one is at work."""
    given: dict[str, Any] = {"log": [word], "delay": delay}
    run = await client.runs.create(
        thread_id,
        "multi",
        input=given,
        stream_resumable=True,
        stream_mode="updates",
        **options,
    )
    parts: Any = client.runs.join_stream(thread_id, run["run_id"], last_event_id="-1")
    async for part in parts:
        if part.event == "updates" and "a" in part.data:
            await parts.aclose()
            return run["run_id"]
    raise AssertionError("the run ended before its slow node began")
