"""A graph that is at work in its second node until its project has a file `go`, however long that takes."""

import operator
import time
from pathlib import Path
from typing import Annotated

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


def prepare(state: State) -> State:
    return {"log": ["prepared"]}


def wait(state: State) -> State:
    while not Path("go").exists():
        time.sleep(0.05)
    return {"log": ["waited"]}


def finish(state: State) -> State:
    return {"log": ["finished"]}


graph = StateGraph(State).add_sequence([prepare, wait, finish]).add_edge(START, "prepare").compile(name="patient")
