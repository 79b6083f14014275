"""Answers what it is asked, with a custom event on the way."""

from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    text: str
    answer: str


def answer(state: State) -> State:
    get_stream_writer()("thinking")
    return {"answer": f"child saw {state['text']}"}


graph = StateGraph(State).add_node("reply", answer).add_edge(START, "reply").compile(name="child")
