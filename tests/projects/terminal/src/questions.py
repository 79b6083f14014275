"""Nodes that ask the person at the terminal, or stop at a breakpoint; asynchronous ones stand for all their worker's runs."""

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    answer: str


def graph(node):
    return StateGraph(State).add_node(node).add_edge(START, node.__name__).compile()


async def ask(state: State):
    return {"answer": input("Name? ")}


def ask_in_thread(state: State):
    return {"answer": input("Name? ")}


async def stop(state: State):
    answer = "before"
    breakpoint()
    answer = "after " + answer
    return {"answer": answer}


def stop_in_thread(state: State):
    answer = "before"
    breakpoint()
    answer = "after " + answer
    return {"answer": answer}


asking = graph(ask)
asking_in_thread = graph(ask_in_thread)
stopping = graph(stop)
stopping_in_thread = graph(stop_in_thread)
