"""Output of all kinds, and nodes that end or block the process after it."""

import asyncio
import logging
import os
import sys
import time

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

sys.stdout.reconfigure(encoding="utf-8")
sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")


class State(TypedDict, total=False):
    lines: int


def graph(node):
    return StateGraph(State).add_node(node).add_edge(START, node.__name__).compile()


async def print_lines(state: State):
    for number in range(state.get("lines", 1)):
        print("naïve ☃", number)


async def stream(state: State):
    for word in ("to", "ken ", "by ", "token"):
        print(word, end="", flush=True)
    print()


async def end(state: State):
    print("about to exit", flush=True)
    logging.warning("for good")
    os._exit(5)


async def spin(state: State):
    while True:
        print("spin", flush=True)
        time.sleep(0.1)


async def dot(state: State):
    while True:
        print(".", end="", flush=True)
        await asyncio.sleep(0.1)


printer = graph(print_lines)
streamer = graph(stream)
ender = graph(end)
spinner = graph(spin)
dotter = graph(dot)
