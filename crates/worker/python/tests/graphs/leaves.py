"""What user code leaves behind when its process ends: exit handlers, children, crashes."""

import atexit
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

atexit.register(print, "goodbye")

SLEEPER = "import time\nprint('up', flush=True)\ntime.sleep(600)"


class State(TypedDict, total=False):
    op: str
    got: object


def interrupted_program() -> int:
    child = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    return child.wait()


def interrupted_fork() -> int | None:
    child = multiprocessing.get_context("fork").Process(target=signal.raise_signal, args=(signal.SIGINT,))
    child.start()
    child.join()
    return child.exitcode


def crashed_fork() -> int | None:
    child = multiprocessing.get_context("fork").Process(target=ctypes.string_at, args=(0,))
    child.start()
    child.join()
    return child.exitcode


def environment() -> list[str | None]:
    return [os.environ.get(name) for name in ("LANGGRAPH_API_URL", "LGX_URL", "LGX_CRASH_FD", "LGX_WORKER_FD")]


async def act(state: State):
    if state["op"] == "crash":
        ctypes.string_at(0)
    return {"got": globals()[state["op"]]()}


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
