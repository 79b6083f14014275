"""Does nothing for as many seconds as its input says."""

import asyncio

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    seconds: float


async def wait(state: State) -> State:
    await asyncio.sleep(state["seconds"])
    return {}


graph = StateGraph(State).add_node(wait).add_edge(START, "wait").compile(name="slow")
