"""A channel whose value is rebuilt from the writes of its history, in parallel steps too."""

import operator
from typing import Annotated

from langgraph.channels.delta import DeltaChannel
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


def extend(value, writes):
    return [*(value or []), *(item for write in writes for item in write)]


class State(TypedDict, total=False):
    log: Annotated[list, DeltaChannel(extend, snapshot_frequency=3)]
    plain: Annotated[list, operator.add]


def writes(name):
    async def node(state: State):
        return {"log": [f"{name}{len(state['log'])}"], "plain": [name]}

    return node


graph = (
    StateGraph(State)
    .add_node("a", writes("a"))
    .add_node("b", writes("b"))
    .add_node("c", writes("c"))
    .add_edge(START, "a")
    .add_edge("a", "b")
    .add_edge("a", "c")
    .compile()
)
