"""The call `graph.source`: where the function of a node is written, so that a person can look at it."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from langgraph.pregel import Pregel

from lgx_worker.encode import to_json
from lgx_worker.errors import CallFailed

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

_DEEPEST = 20
_LIBRARIES = ("langgraph", "langchain_core", "langchain", "functools")


async def source(
    worker: Worker, params: dict[str, Any], _sections: list[memoryview]
) -> tuple[dict[str, Any], list[bytes]]:
    """`graph.source`: file, first line and number of lines; null of what was not written in a file."""
    opened = worker.open_graph(
        params["graph_id"], config=params.get("config") or {}, context=params.get("context"), access="assistants.read"
    )
    async with opened as graph:
        node = _node(graph, params["node"])
        # Files are read for it.
        place = await asyncio.to_thread(_place, node)
    return {}, [to_json(place)]


def _node(graph: Pregel, path: str) -> Any:
    """What a node runs; `outer:inner` is a node of a subgraph, as drawings name it."""
    for name in sorted(graph.nodes, key=len, reverse=True):
        bound = graph.nodes[name].bound
        if name == path:
            return bound
        if path.startswith(f"{name}:"):
            inner = next((part for part in _parts(bound) if isinstance(part, Pregel)), None)
            if inner is not None:
                return _node(inner, path[len(name) + 1 :])
    raise CallFailed(f"There is no node '{path}' in this graph.", type="NotFound", status=404)


def _place(node: Any) -> dict[str, Any] | None:
    """Where the first function of a node is written that is in a file."""
    for part in _parts(node):
        function = _function(part)
        if function is None:
            continue
        try:
            file = inspect.getsourcefile(function)
            lines, first = inspect.getsourcelines(function)
        except (OSError, TypeError):
            continue
        if file is not None:
            return {"file": file, "line": max(first, 1), "count": len(lines)}
    return None


def _parts(node: Any, depth: int = 0) -> Iterator[Any]:
    """What a node is made of, the innermost first: wrappers of langgraph and langchain hold what a person wrote."""
    if node is None or depth > _DEEPEST:
        return
    if not isinstance(node, Pregel):
        held = [getattr(node, name, None) for name in ("func", "afunc", "bound", "runnable")]
        steps = getattr(node, "steps", None)
        for inner in [*held, *(steps if isinstance(steps, list) else [])]:
            if inner is not None and inner is not node:
                yield from _parts(inner, depth + 1)
    yield node


def _function(part: Any) -> Callable[..., Any] | None:
    """The function that a person wrote, where this is one, or an object of a class that can be called."""
    while isinstance(part, functools.partial):
        part = part.func
    if callable(part):
        part = inspect.unwrap(part)
    if isinstance(part, Pregel) or inspect.isclass(part) or inspect.isbuiltin(part):
        return None
    if not (inspect.isfunction(part) or inspect.ismethod(part)):
        part = inspect.unwrap(inspect.getattr_static(type(part), "__call__", _nothing))
    if not (inspect.isfunction(part) or inspect.ismethod(part)):
        return None
    return None if (part.__module__ or "").partition(".")[0] in _LIBRARIES or part is _nothing else part


def _nothing() -> None:
    """What stands for a call of what cannot be called."""
