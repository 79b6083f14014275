"""Nodes that ask the person at the terminal, or stop at a breakpoint."""

import getpass
import pdb
import sys

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    answer: str


async def ask(state: State):
    return {"answer": input("Name? ")}


def ask_in_thread(state: State):
    return {"answer": input("Name? ")}


def read_lines(state: State):
    print("Name? ", end="")
    return {"answer": sys.stdin.readline() + "|" + "".join(sys.stdin)}


def ask_secret(state: State):
    return {"answer": getpass.getpass("Secret? ")}


async def stop(state: State):
    answer = "before"
    breakpoint()
    answer = "after " + answer
    return {"answer": answer}


def stop_in_thread(state: State):
    answer = "before"
    pdb.set_trace()
    answer = "after " + answer
    return {"answer": answer}


def graph(node):
    return StateGraph(State).add_node(node).add_edge(START, node.__name__).compile()


asking = graph(ask)
asking_in_thread = graph(ask_in_thread)
reading = graph(read_lines)
hiding = graph(ask_secret)
stopping = graph(stop)
stopping_in_thread = graph(stop_in_thread)
