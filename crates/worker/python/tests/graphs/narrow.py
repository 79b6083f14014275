"""Graphs whose output is less than their state."""

import operator
from typing import Annotated

from langgraph.channels import LastValue
from langgraph.graph import START, StateGraph
from langgraph.pregel import NodeBuilder, Pregel
from langgraph.types import interrupt
from typing_extensions import TypedDict


class Input(TypedDict, total=False):
    topic: str
    ask: bool


class Output(TypedDict, total=False):
    summary: str


class State(Input, Output, total=False):
    notes: Annotated[list[str], operator.add]


def collect(state: State):
    return {"notes": [interrupt("which?") if state.get("ask") else "n"]}


def close(state: State):
    return {"summary": f"done {state['topic']}"}


def tidy(state: State):
    return None


graph = (
    StateGraph(State, input_schema=Input, output_schema=Output)
    .add_sequence([collect, close, tidy])
    .add_edge(START, "collect")
    .compile()
)
"""A graph without a name, too."""


def make():
    return graph


swapped = (
    StateGraph(State, output_schema=TypedDict("All", {"notes": list[str], "ask": bool, "topic": str, "summary": str}))  # type: ignore[misc] # made of a name that is not the variable's
    .add_sequence([collect, close])
    .add_edge(START, "collect")
    .compile(name="swapped")
)
"""Its output names all of the state, in another order."""

doubler = Pregel(
    nodes={
        "double": NodeBuilder().subscribe_only("number").do(lambda number: number * 2).write_to("doubled"),
        "again": NodeBuilder().subscribe_only("doubled").do(lambda number: number * 2).write_to("result"),
    },
    channels={"number": LastValue(int), "doubled": LastValue(int), "result": LastValue(int)},
    input_channels="number",
    output_channels="result",
)
"""Without a schema: the output is one channel's bare value."""
