"""A graph that asks the server which runs it, and what one such question takes."""

import time
from statistics import median

from langgraph.graph import StateGraph
from langgraph_sdk import get_client
from typing_extensions import TypedDict

COUNT = 100


class Asked(TypedDict, total=False):
    milliseconds: float


async def milliseconds() -> float:
    """The median of as many questions, each by a client of its own."""
    times = []
    for _ in range(COUNT):
        begun = time.perf_counter()
        await get_client().threads.search(limit=1)
        times.append(time.perf_counter() - begun)
    return median(times) * 1e3


async def ask(state: Asked) -> Asked:
    return {"milliseconds": await milliseconds()}


graph = StateGraph(Asked).add_node(ask).set_entry_point("ask").compile()
