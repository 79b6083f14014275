"""Raises what `state["raises"]` names, in an async or a sync node."""

import asyncio
import builtins
import sys

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class Mine(Exception):
    """A project's own exception, whose text development must show."""


class State(TypedDict, total=False):
    raises: str
    ok: bool


def fine(state: State):
    return {"ok": True}


def throw(name: str):
    if name == "exit":
        sys.exit(3)
    if name == "group" and sys.version_info >= (3, 11):
        raise ExceptionGroup("several", [ValueError("first"), KeyError("second")])  # noqa: F821 - only on Python 3.11 and newer
    known = {"Mine": Mine, "CancelledError": asyncio.CancelledError}
    raise (known.get(name) or getattr(builtins, name))("kaboom")


async def fail(state: State):
    throw(state["raises"])


def fail_in_thread(state: State):
    throw(state["raises"])


asynchronous = StateGraph(State).add_sequence([fine, fail]).add_edge(START, "fine").compile()
synchronous = StateGraph(State).add_sequence([fine, fail_in_thread]).add_edge(START, "fine").compile()
