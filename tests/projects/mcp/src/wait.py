"""Says that it is there, and then does nothing for so long that only cancelling ends it."""

import asyncio

from langgraph.graph import START, StateGraph
from langgraph.types import StreamWriter
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    done: bool


async def wait(state: State, writer: StreamWriter) -> State:
    writer("waiting")
    await asyncio.sleep(600)
    return {"done": True}


graph = StateGraph(State).add_node(wait).add_edge(START, "wait").compile(name="wait")
