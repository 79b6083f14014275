"""Nodes that print and then end the process, block it, fork it, or print more than anybody can read."""

import logging
import multiprocessing
import os
import signal
import sys
import time

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    how: str
    lines: int


def _end(how: str) -> None:
    if how == "exit":
        os._exit(5)
    os.kill(os.getpid(), getattr(signal, how))


async def talk_and_end(state: State):
    for n in range(state.get("lines", 0)):
        print("line", n, "x" * 200)
    print("about to end", flush=True)
    logging.warning("really")
    _end(state["how"])


async def tell_and_end_in_a_finalizer(state: State):
    class Loud:
        def __init__(self, number: int) -> None:
            self.number = number
            self.itself = self

        def __del__(self) -> None:
            print("finalized", self.number)

    for n in range(3000):
        Loud(n)
        print("made", n)


async def spin(state: State):
    while True:
        print("spin", flush=True)
        time.sleep(0.01)


def _child() -> None:
    print("from the fork")
    logging.warning("logged in the fork")


def fork(state: State):
    child = multiprocessing.get_context("fork").Process(target=_child)
    child.start()
    child.join()


async def dots(state: State):
    for _ in range(3):
        print(".", end="", flush=True)
    print("x", end="")
    print("!")
    print("token", end="", flush=True)
    sys.stdout.flush()


def graph(node):
    return StateGraph(State).add_node(node).add_edge(START, node.__name__).compile()


ending = graph(talk_and_end)
finalizing = graph(tell_and_end_in_a_finalizer)
spinning = graph(spin)
forking = graph(fork)
dotting = graph(dots)
