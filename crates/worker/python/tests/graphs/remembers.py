"""Graphs that use the store: in async and sync nodes, in factories, and with a store of their own."""

from __future__ import annotations

import asyncio
from typing import Any

from langgraph.config import get_store
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    """What the graphs pass on."""

    note: str
    notes: list[str]


def _single(node: Any) -> StateGraph:
    return StateGraph(State).add_node("node", node).add_edge(START, "node")


async def _remember(state: State, runtime: Runtime) -> State:
    assert runtime.store is not None
    await runtime.store.aput(("notes",), state["note"], {"text": state["note"]})
    found = await runtime.store.asearch(("notes",))
    return {"notes": [item.value["text"] for item in found]}


def _remember_sync(state: State) -> State:
    store = get_store()
    store.put(("notes",), state["note"], {"text": state["note"]})
    return {"notes": [item.value["text"] for item in store.search(("notes",))]}


async def _on_the_loop(state: State) -> State:
    return _remember_sync(state)


def _on_another_loop(state: State, runtime: Runtime) -> State:
    return asyncio.run(_remember(state, runtime))


in_async_node = _single(_remember).compile()
in_thread = _single(_remember_sync).compile()
on_the_loop = _single(_on_the_loop).compile()
on_another_loop = _single(_on_another_loop).compile()
own_store = _single(_remember).compile(store=InMemoryStore())
parent = _single(_single(_remember).compile()).compile()


async def factory(runtime: Runtime) -> Any:
    """Counts in the store how often it was called."""
    assert runtime.store is not None
    await runtime.store.aput(("notes",), "made", {"text": "made"})
    return _single(_remember).compile()


def embed(texts: list[str]) -> list[list[float]]:
    """How often each letter of `abc` occurs."""
    return [[float(text.count(letter)) for letter in "abc"] for text in texts]


async def embed_async(texts: list[str]) -> list[list[float]]:
    """`embed`, only for async code."""
    return embed(texts)


def embed_wrong(texts: list[str]) -> list[list[float]]:
    """Vectors of another width."""
    return [[1.0] for _ in texts]


not_embeddings = 7
