"""Output of all kinds: prints, logging, native writes, and a call that blocks the event loop."""

import logging
import os
import subprocess
import sys
import threading
import time

from langgraph.graph import START, StateGraph
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


talking = StateGraph(State).add_node(talk).add_edge(START, "talk").compile()
threaded = StateGraph(State).add_node(talk_in_thread).add_edge(START, "talk_in_thread").compile()
blocking = StateGraph(State).add_node(block).add_edge(START, "block").compile()
