"""The calls `graph.*`: how a graph is drawn, and the JSON Schemas of what goes in and comes out of it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from langgraph.pregel import Pregel

from lgx_worker.encode import to_json
from lgx_worker.schemas import graph_schemas

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from lgx_worker.worker import Worker

Reply = tuple[dict[str, Any], list[bytes]]


async def draw(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`graph.draw`: the nodes and edges, with those of subgraphs down to `xray` levels."""
    config: RunnableConfig | None = params.get("config")
    async with _open(worker, params) as graph:
        drawn = (await graph.aget_graph(config, xray=params.get("xray") or False)).to_json()
    for node in drawn["nodes"]:
        if isinstance(node.get("data"), dict):
            node["data"].pop("id", None)  # the import path of the Python class: nothing a client could use
    return {}, [to_json(drawn)]


async def schemas(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`graph.schemas`: the schemas of the graph's input, output, state and context."""
    async with _open(worker, params) as graph:
        # A chat's schemas take as long as many runs: not on the loop that streams them.
        found = await asyncio.to_thread(graph_schemas, graph)
    return {}, [to_json({"graph_id": params["graph_id"], **found})]


async def subgraphs(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`graph.subgraphs`: the schemas of the subgraphs, by namespace."""
    async with _open(worker, params) as graph:
        children = [
            (namespace, child)
            async for namespace, child in graph.aget_subgraphs(
                namespace=params.get("namespace") or None, recurse=bool(params.get("recurse"))
            )
        ]
        found = await asyncio.to_thread(
            lambda: {name: graph_schemas(child) for name, child in children if isinstance(child, Pregel)}
        )
    return {}, [to_json(found)]


def _open(worker: Worker, params: dict[str, Any]) -> AbstractAsyncContextManager[Pregel]:
    return worker.open_graph(
        params["graph_id"],
        config=params.get("config") or {},
        context=params.get("context"),
        access="assistants.read",
    )
