"""Gives something else than it says: Python does not mind."""

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    number: int
    never: str


def give(state: State) -> dict:
    return {"number": "many"}


graph = StateGraph(State).add_node(give).add_edge(START, "give").compile(name="loose")
