"""Prints as many lines as the input says, in bursts as a busy project does, and logs one at each level before."""

import asyncio
import logging

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

BURST = 200
PAUSE = 0.05


class State(TypedDict, total=False):
    lines: int


async def talk(state: State) -> State:
    for level in (logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger("chatty").log(level, "at %s", logging.getLevelName(level))
    for line in range(state.get("lines") or 0):
        print(f"line {line} of many")  # noqa: T201 - what tests of the log look for
        if line % BURST == BURST - 1:
            await asyncio.sleep(PAUSE)
    return {}


graph = StateGraph(State).add_node(talk).add_edge(START, "talk").compile(name="chatty")
