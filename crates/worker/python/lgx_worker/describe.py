"""The calls `graph.*`: how a graph is drawn, and the JSON Schemas of what goes in and comes out of it."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from langchain_core.utils.pydantic import create_model_v2
from langgraph.channels.base import BaseChannel
from langgraph.pregel import Pregel

from lgx_worker.encode import to_json

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

Reply = tuple[dict[str, Any], list[bytes]]

_UNNAMED = "LangGraph"  # what langgraph calls a graph that was compiled without a name


async def draw(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`graph.draw`: the nodes and edges, with those of subgraphs down to `xray` levels."""
    async with _open(worker, params) as graph:
        drawn = (await graph.aget_graph(params.get("config") or {}, xray=params.get("xray") or False)).to_json()
    for node in drawn["nodes"]:
        if isinstance(node.get("data"), dict):
            node["data"].pop("id", None)  # the import path of the Python class: nothing a client could use
    return {}, [to_json(drawn)]


async def schemas(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`graph.schemas`: the schemas of the graph's input, output, state and context."""
    async with _open(worker, params) as graph:
        # A chat's schemas take as long as many runs: not on the loop that streams them.
        found = await asyncio.to_thread(_schemas, _named(graph, params["graph_id"]))
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
            lambda: {name: _schemas(child) for name, child in children if isinstance(child, Pregel)}
        )
    return {}, [to_json(found)]


def _open(worker: Worker, params: dict[str, Any]) -> AbstractAsyncContextManager[Pregel]:
    return worker.open_graph(
        params["graph_id"],
        config=params.get("config") or {},
        context=params.get("context"),
        access="assistants.read",
    )


def _named(graph: Pregel, graph_id: str) -> Pregel:
    """The graph, by its id if it has no name of its own: titles of schemas are made of it."""
    if graph.get_name() == _UNNAMED:
        graph = copy.copy(graph)
        graph.name = graph_id
    return graph


def _schemas(graph: Pregel) -> dict[str, Any]:
    context = _attempt(graph.get_context_jsonschema)
    return {
        "input_schema": _attempt(graph.get_input_jsonschema),
        "output_schema": _attempt(graph.get_output_jsonschema),
        "state_schema": _attempt(lambda: _state_schema(graph)),
        "config_schema": context if context is not None else {},
        "context_schema": context,
    }


def _attempt(make: Callable[[], Any]) -> Any:
    """A schema, or null: types that pydantic cannot describe are no fault of the graph."""
    try:
        return make()
    except Exception:  # noqa: BLE001 - pydantic raises many kinds here
        return None


def _state_schema(graph: Pregel) -> dict[str, Any]:
    """Every channel that streams show, none of them required."""
    fields = {
        key: (channel.UpdateType, None)
        for key in graph.stream_channels_list
        if isinstance(channel := graph.channels[key], BaseChannel)
    }
    return create_model_v2(graph.get_name("State"), field_definitions=fields).model_json_schema()
