"""Two nodes that ask at the same time, and an output that neither of them writes."""

import operator
from typing import Annotated

from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class Output(TypedDict, total=False):
    verdict: str
    opened: bool


class State(Output, total=False):
    votes: Annotated[list[str], operator.add]


def opening(state: State):
    return {"opened": True}


def left(state: State):
    return {"votes": [interrupt("left?")]}


def right(state: State):
    return {"votes": [interrupt("right?")]}


def decide(state: State):
    return {"verdict": " and ".join(sorted(state["votes"]))}


builder = StateGraph(State, output_schema=Output).add_node(opening).add_node(left).add_node(right).add_node(decide)
builder.add_edge(START, "opening").add_edge("opening", "left").add_edge("opening", "right")
builder.add_edge(["left", "right"], "decide")
graph = builder.compile(name="panel")
