"""The function of a node is found, whatever it is wrapped in."""

from __future__ import annotations

import functools
import inspect
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from lgx_worker import node_source
from lgx_worker.errors import CallFailed


class State(TypedDict, total=False):
    log: list[str]


def plain(_state: State) -> State:
    return {}


async def waits(_state: State) -> State:
    return {}


@functools.lru_cache
def cached(_state: Any) -> State:
    return {}


def with_more(_state: State, *, more: int) -> State:
    return {"log": [str(more)]}


class Called:
    def __call__(self, _state: State) -> State:
        return {}

    def method(self, _state: State) -> State:
        return {}


def inner() -> Any:
    builder = StateGraph(State)
    builder.add_node("deep", plain)
    builder.add_edge(START, "deep")
    return builder.compile()


NODES: dict[str, tuple[Any, Any]] = {
    "plain": (plain, plain),
    "waits": (waits, waits),
    "cached": (cached, cached.__wrapped__),
    "partial": (functools.partial(with_more, more=1), with_more),
    "called": (Called(), Called.__call__),
    "method": (Called().method, Called.method),
    "runnable": (RunnableLambda(plain), plain),
    "sequence": (RunnableLambda(plain) | RunnableLambda(waits), plain),
}


async def asked(node: str) -> Any:
    builder = StateGraph(State)
    for name, (runs, _) in NODES.items():
        builder.add_node(name, runs)
        builder.add_edge(START, name)
    builder.add_node("outer", inner())
    builder.add_edge(START, "outer")
    builder.add_node("builtin", len)
    builder.add_edge(START, "builtin")
    graph = builder.compile()

    @asynccontextmanager
    async def open_graph(_id: str, **_: Any) -> Any:
        yield graph

    worker: Any = SimpleNamespace(open_graph=open_graph)
    _, [section] = await node_source.source(worker, {"graph_id": "agent", "node": node}, [])
    return json.loads(section)


@pytest.mark.parametrize("name", NODES)
async def test_the_function_of_a_node_is_found(name: str):
    lines, first = inspect.getsourcelines(NODES[name][1])
    assert await asked(name) == {"file": __file__, "line": first, "count": len(lines)}


async def test_a_node_of_a_subgraph_is_found_by_its_path():
    assert await asked("outer:deep") == await asked("plain")


async def test_what_nobody_wrote_in_a_file_is_nowhere():
    assert await asked("builtin") is None
    assert await asked("outer") is None


@pytest.mark.parametrize("node", ["no", "outer:no", "plain:deep", ""])
async def test_an_unknown_node_is_not_found(node: str):
    with pytest.raises(CallFailed) as failure:
        await asked(node)
    assert failure.value.status == 404
