"""Fails."""

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    text: str


def fail(state: State) -> State:
    raise ValueError("nothing works")


graph = StateGraph(State).add_node(fail).add_edge(START, "fail").compile(name="fail")
