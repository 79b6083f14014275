"""Graphs whose classes change between two runs of a thread."""

from typing import Any

from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from pydantic import BaseModel
from typing_extensions import TypedDict


class Old:
    """Kept as a pickle."""


class State(TypedDict, total=False):
    text: str
    thing: Any
    copy: Any


def work(state: State):
    if state["text"] == "make":
        return {"thing": Old()}
    if state["text"] == "copy":
        return {"copy": state["thing"]}
    return {"text": f"{state['text']} {state['thing'].size}"} if state["text"] == "use" else {}


graph = StateGraph(State).add_node("work", work).add_edge(START, "work").compile()


class Before(BaseModel):
    text: str = ""


class Now(BaseModel):
    text: str = ""
    needed: int


def ask(state: Any):
    return {"text": interrupt("which?")}


def asking(schema: type):
    child = StateGraph(schema).add_node("ask", ask).add_edge(START, "ask").compile()
    return StateGraph(schema).add_node("child", child).add_edge(START, "child").compile()


before = asking(Before)
now = asking(Now)
