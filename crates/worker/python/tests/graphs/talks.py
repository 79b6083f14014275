"""Output of all kinds: prints, logging, native writes, and a call that blocks the event loop."""

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time

from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

print("imported")


class State(TypedDict, total=False):
    word: str
    seconds: float


async def talk(state: State):
    print("one")
    print("two\nthree")
    print("partial", end="")
    print("to stderr", file=sys.stderr)
    logging.getLogger("project").info("logged %s", 1)
    try:
        raise ValueError("kept")
    except ValueError:
        logging.getLogger("project").exception("went wrong")
    os.write(1, b"native\n")
    subprocess.run([sys.executable, "-c", "print('child', flush=True)"], check=True)
    thread = threading.Thread(target=print, args=("from a thread",))
    thread.start()
    thread.join()


def talk_in_thread(state: State):
    print(f"word {state['word']}")


async def block(state: State):
    time.sleep(state["seconds"])


async def block_stubbornly(state: State):
    try:
        await block(state)
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        await asyncio.sleep(0)


async def end_by_blocking(state: State):
    await asyncio.sleep(0)
    await block(state)


async def wait(state: State):
    await asyncio.sleep(state["seconds"])


async def make_short_steps(state: State):
    """One turn of the loop that is long, of steps that are short."""

    async def step():
        time.sleep(state["seconds"] / 10)

    await asyncio.gather(*(step() for _ in range(10)))


async def import_slowly(state: State):
    import slow_import  # noqa: F401 - it is slow on purpose


def one_node(node) -> CompiledStateGraph:
    return StateGraph(State).add_node("node", node).add_edge(START, "node").compile()


stubborn = one_node(block_stubbornly)
ending = one_node(end_by_blocking)
waiting = one_node(wait)
short_steps = one_node(make_short_steps)
importing = one_node(import_slowly)
talking = StateGraph(State).add_node(talk).add_edge(START, "talk").compile()
threaded = StateGraph(State).add_node(talk_in_thread).add_edge(START, "talk_in_thread").compile()
blocking = StateGraph(State).add_node(block).add_edge(START, "block").compile()
