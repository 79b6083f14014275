"""Nodes that do not end by themselves: one that can be cancelled, one that swallows it, one in a thread."""

import asyncio
import threading

from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

released = threading.Event()


class State(TypedDict, total=False):
    before: bool
    after: str


async def before(state: State):
    return {"before": True}


async def willing(state: State):
    get_stream_writer()("waiting")
    await asyncio.Event().wait()


async def stubborn(state: State):
    get_stream_writer()("waiting")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return {"after": "went on"}


def in_thread(state: State):
    get_stream_writer()("waiting")
    released.wait(10)
    return {"after": "too late"}


def _graph(node):
    return StateGraph(State).add_sequence([before, node]).add_edge(START, "before").compile()


cancellable, swallowing, threaded = _graph(willing), _graph(stubborn), _graph(in_thread)
