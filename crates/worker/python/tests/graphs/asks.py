"""Graphs that stop and ask: one question, a question a worker, and a question in a subgraph."""

import operator
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Send, interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    items: list[str]
    log: Annotated[list[str], operator.add]


def ask(state: State):
    return {"log": [f"answer:{interrupt('question')}"]}


def done(state: State):
    return {"log": ["done"]}


def fan(state: State):
    return [Send("worker", item) for item in state["items"]]


def worker(item: str):
    return {"log": [f"{item}:{interrupt(item)}"]}


one = (
    StateGraph(State).add_sequence([ask, done]).add_edge(START, "ask").compile(name="one", checkpointer=InMemorySaver())
)
many = StateGraph(State).add_node(worker).add_conditional_edges(START, fan, ["worker"]).compile(name="many")

_child = StateGraph(State).add_node(ask).add_edge(START, "ask").compile()
nested = StateGraph(State).add_node("child", _child).add_edge(START, "child").compile(name="nested")


def calls_child(state: State):
    """A synchronous node that invokes a graph, and so the synchronous half of the checkpointer."""
    return {"log": _child.invoke({"log": []})["log"]}


synchronous = StateGraph(State).add_node(calls_child).add_edge(START, "calls_child").compile(name="synchronous")


def calls_synchronous(state: State):
    return {"log": synchronous.invoke({"log": []})["log"]}


_parallel = (
    StateGraph(State)
    .add_node("left", calls_synchronous)
    .add_node("right", calls_synchronous)
    .add_edge(START, "left")
    .add_edge(START, "right")
    .compile()
)


async def blocks_while_it_calls(state: State):
    """Synchronous calls on the event loop, down to graphs that run in threads while the loop waits for them."""
    return {"log": [f"{len(_parallel.invoke({'log': []})['log'])} answers"]}


deep = StateGraph(State).add_node(blocks_while_it_calls).add_edge(START, "blocks_while_it_calls").compile(name="deep")
