"""Waits until another run opens it."""

import asyncio

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

OPEN: dict[str, asyncio.Event] = {}


class State(TypedDict, total=False):
    name: str
    opens: bool
    passed: bool


async def wait(state: State) -> State:
    event = OPEN.setdefault(state["name"], asyncio.Event())
    if state.get("opens"):
        event.set()
    await event.wait()
    return {"passed": True}


graph = StateGraph(State).add_node(wait).add_edge(START, "wait").compile(name="gate")
