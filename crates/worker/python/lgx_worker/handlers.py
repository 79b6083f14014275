"""The calls a worker answers, by method; each handler's module is imported when it is first called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lgx_worker.connection import current_call
from lgx_worker.errors import CallFailed, FrameTooLarge

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

Handler = Callable[["Worker", dict[str, Any], list[memoryview]], Awaitable[tuple[dict[str, Any], list[bytes]]]]

METHODS: dict[str, str] = {
    "load": "lgx_worker.loader:load",
    "run": "lgx_worker.runner:run",
    "state.get": "lgx_worker.state:get",
    "state.history": "lgx_worker.state:history",
    "state.update": "lgx_worker.state:update",
    "state.bulk_update": "lgx_worker.state:bulk_update",
    "graph.draw": "lgx_worker.describe:draw",
    "graph.schemas": "lgx_worker.describe:schemas",
    "graph.subgraphs": "lgx_worker.describe:subgraphs",
    "auth": "lgx_worker.auth:authorize",
    "store.embed": "lgx_worker.store_index:embed",
}

ANNOUNCED = frozenset({"state.update", "state.bulk_update"})
"""Those that must not be done twice: the worker says when it begins on one, as a run does itself."""

_resolved: dict[str, Handler] = {}


def handler(method: str) -> Handler:
    """The handler of `method`; `CallFailed` when this worker does not know it."""
    found = _resolved.get(method)
    if found is None:
        target = METHODS.get(method)
        if target is None:
            raise CallFailed(f"This worker does not know the call `{method}`.", type="UnknownMethod")
        module, _, name = target.partition(":")
        found = _resolved[method] = getattr(import_module(module), name)
    return found


async def handle(
    worker: Worker, method: str, params: dict[str, Any], sections: list[memoryview]
) -> tuple[dict[str, Any], list[bytes]]:
    """Answer one call; what user code raises outside of a run becomes a `CallFailed` that says where."""
    if method in ANNOUNCED:
        call = current_call()
        if call.cancelled:
            raise CallFailed("the call was cancelled before it began", type="Cancelled")
        worker.connection.begun(call.id)
    try:
        return await handler(method)(worker, params, sections)
    except (CallFailed, FrameTooLarge):
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        from lgx_worker.diagnostics import diagnose
        from lgx_worker.disclosure import told

        raise CallFailed(told(error), type=type(error).__name__, diagnostic=diagnose(error, worker.root)) from error
