"""Graphs that stream more than the credit of one run: from the event loop, and from a thread."""

from typing import TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from langgraph.types import StreamWriter

PIECES = 40
PIECE = "x" * 50_000


class State(TypedDict, total=False):
    n: int


async def node(state: State, writer: StreamWriter):
    for _ in range(PIECES):
        writer(PIECE)
    return {"n": 1}


def in_thread(state: State):
    writer = get_stream_writer()
    for _ in range(PIECES):
        writer(PIECE)
    return {"n": 1}


def _graph(action):
    return StateGraph(State).add_node("node", action).add_edge(START, "node").compile()


floods = _graph(node)
floods_in_thread = _graph(in_thread)
