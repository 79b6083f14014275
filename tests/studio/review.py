"""Asks whatever the input says, as it is: for questions of every shape."""

from typing import Any

from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    question: Any
    answer: Any


def ask(state: State) -> State:
    return {"answer": interrupt(state["question"])}


graph = StateGraph(State).add_node(ask).add_edge(START, "ask").compile(name="review")
