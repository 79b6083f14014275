"""A graph and its subgraph, each with an output of its own; the subgraph asks when it is told to."""

from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class Question(TypedDict, total=False):
    question: str
    ask: bool


class Answer(TypedDict, total=False):
    answer: str


class Lookup(Question, Answer, total=False):
    found: list[str]


class Desk(Question, Answer, total=False):
    clerk: str


def search(state: Lookup):
    return {"found": [interrupt("where?") if state.get("ask") else "shelf"]}


def tell(state: Lookup):
    return {"answer": f"{state['question']}: {state['found'][0]}"}


def greet(state: Desk):
    return {"clerk": "ada"}


lookup = (
    StateGraph(Lookup, input_schema=Question, output_schema=Answer)
    .add_sequence([search, tell])
    .add_edge(START, "search")
    .compile(name="lookup")
)
graph = (
    StateGraph(Desk, input_schema=Question, output_schema=Answer)
    .add_sequence([greet, ("lookup", lookup)])
    .add_edge(START, "greet")
    .compile(name="desk")
)
