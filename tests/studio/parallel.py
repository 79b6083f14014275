"""Two nodes side by side, which take as long as the input says and print, and one that waits for both."""

import asyncio
import operator
from typing import Annotated

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    delay: float
    log: Annotated[list[str], operator.add]


async def left(state: State) -> State:
    print("left begins")  # noqa: T201 - what tests of the log look for
    await asyncio.sleep(state.get("delay") or 0)
    return {"log": ["left"]}


async def right(state: State) -> State:
    await asyncio.sleep(state.get("delay") or 0)
    return {"log": ["right"]}


async def join(state: State) -> State:
    return {"log": ["join"]}


graph = (
    StateGraph(State)
    .add_node(left)
    .add_node(right)
    .add_node(join)
    .add_edge(START, "left")
    .add_edge(START, "right")
    .add_edge(["left", "right"], "join")
    .compile(name="parallel")
)
