"""The calls a worker answers, by method. Importing this imports langgraph."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from lgx_worker import app_calls, attached_debugger, auth, describe, loader, node_source, runner, state, store_index
from lgx_worker.calls import current_call
from lgx_worker.diagnostics import diagnose
from lgx_worker.disclosure import client_message
from lgx_worker.errors import CallFailed, FrameTooLarge
from lgx_worker.frames import Bytes
from lgx_worker.worker import Worker

Handler = Callable[[Worker, dict[str, Any], list[memoryview]], Awaitable[tuple[dict[str, Any], Sequence[Bytes]]]]

METHODS: dict[str, Handler] = {
    "load": loader.load,
    "run": runner.run,
    "state.get": state.get,
    "state.history": state.history,
    "state.update": state.update,
    "state.bulk_update": state.bulk_update,
    "graph.draw": describe.draw,
    "graph.schemas": describe.schemas,
    "graph.subgraphs": describe.subgraphs,
    "graph.source": node_source.source,
    "auth": auth.authorize,
    "store.embed": store_index.embed,
    "http": app_calls.request,
    "websocket": app_calls.request,
    "http.openapi": app_calls.openapi,
    "debug.listen": attached_debugger.listen,
    "debug.wait": attached_debugger.wait,
}

BEGUN = frozenset({"run", "state.update", "state.bulk_update", "http", "websocket"})
"""Those that must not be done twice: the worker says when it begins on one."""
_SAY_SO_THEMSELVES = frozenset({"run", "http", "websocket"})


async def handle(
    worker: Worker, method: str, params: dict[str, Any], sections: list[memoryview]
) -> tuple[dict[str, Any], Sequence[Bytes]]:
    """Answer one call; what user code raises outside of a run becomes a `CallFailed` that says where."""
    handler = METHODS.get(method)
    if handler is None:
        raise CallFailed(f"This worker does not know the call `{method}`.", type="UnknownMethod")
    if method in BEGUN and method not in _SAY_SO_THEMSELVES:
        call = current_call()
        if call.cancelled:
            raise CallFailed("the call was cancelled before it began", type="Cancelled")
        worker.connection.begun(call.id)
    try:
        return await handler(worker, params, sections)
    except (CallFailed, FrameTooLarge):
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise CallFailed(
            client_message(error), type=type(error).__name__, diagnostic=diagnose(error, worker.root)
        ) from error
