"""Graphs that ask the server that runs them, with clients that are not told where it is."""

import asyncio
from typing import Any, TypedDict

from langgraph.graph import StateGraph
from langgraph_sdk import get_client

at_import = get_client()


class State(TypedDict, total=False):
    headers: dict[str, str]
    seen: Any


async def _ask(client: Any) -> Any:
    return await client.http.get("/seen?by=node")


async def asynchronous(state: State) -> State:
    return {"seen": [await _ask(at_import), await _ask(get_client(headers=state.get("headers")))]}


def synchronous(state: State) -> State:
    """A loop of its own each time, as in any synchronous code."""
    return {"seen": [asyncio.run(_ask(at_import)), asyncio.run(_ask(at_import))]}


async def with_key(state: State) -> State:
    return {"seen": [await _ask(get_client(api_key="key of the caller"))]}


def _graph(node: Any) -> Any:
    return StateGraph(State).add_node(node).set_entry_point(node.__name__).compile()


async def remote(state: State) -> State:
    from langgraph.pregel.remote import RemoteGraph

    graph = RemoteGraph("other", headers=state.get("headers"))
    elsewhere = RemoteGraph("other", client=get_client())
    assert elsewhere.sync_client is None
    return {"seen": [await _ask(graph.client), await asyncio.to_thread(graph.sync_client.http.get, "/seen?by=node")]}


in_loop = _graph(asynchronous)
remote_graph = _graph(remote)
in_thread = _graph(synchronous)
keyed = _graph(with_key)
