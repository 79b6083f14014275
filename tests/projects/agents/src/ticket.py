"""Input, output and private state that differ: clients see a summary, the notes and the draft are the graph's own."""

import operator
from typing import Annotated

from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class Input(TypedDict, total=False):
    topic: str
    ask: bool
    fail: bool


class Output(TypedDict, total=False):
    summary: str


class State(Input, Output, total=False):
    notes: Annotated[list[str], operator.add]


class Draft(TypedDict, total=False):
    draft: str


def collect(state: State) -> Draft:
    return {"notes": [f"about {state['topic']}"], "draft": "rough"}


def review(state: Draft):
    answer = interrupt({"draft": state["draft"]}) if state.get("ask") else "fine"
    return {"notes": [answer]}


class Asked(Draft, total=False):
    ask: bool


def close(state: State):
    if state.get("fail"):
        raise ValueError("no summary")
    return {"summary": f"done {state['topic']}"}


def tidy(state: State):
    return None


builder = StateGraph(State, input_schema=Input, output_schema=Output)
builder.add_node("collect", collect)
builder.add_node("review", review, input_schema=Asked)
builder.add_node("close", close)
builder.add_node("tidy", tidy)
builder.add_edge(START, "collect")
builder.add_edge("collect", "review")
builder.add_edge("review", "close")
builder.add_edge("close", "tidy")
graph = builder.compile()
