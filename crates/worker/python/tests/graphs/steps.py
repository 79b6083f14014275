"""Three steps with an append-only log: a, b, c."""

import operator
from typing import Annotated

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


async def a(state: State):
    return {"log": ["a"]}


def b(state: State):
    return {"log": ["b"]}


async def c(state: State):
    return {"log": ["c"]}


builder = StateGraph(State).add_sequence([a, b, c]).add_edge(START, "a")
graph = builder.compile(name="steps")
