"""The calls about the project's own HTTP app. What they need is imported by `load`, for projects that have one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lgx_worker.calls import current_call
from lgx_worker.encode import to_plain
from lgx_worker.errors import CallFailed

if TYPE_CHECKING:
    from lgx_worker.app_exchange import Exchange
    from lgx_worker.frames import Bytes
    from lgx_worker.project_app import ProjectApp
    from lgx_worker.worker import Worker

Answer = tuple[dict[str, Any], "Sequence[Bytes]"]


async def http(worker: Worker, params: dict[str, Any], sections: list[memoryview]) -> Answer:
    """Handle `http`: the app answers, or has the server answer."""
    app = _app(worker)
    from lgx_worker.app_http import HttpExchange

    return await _answered(app, HttpExchange(worker, current_call(), params, sections))


async def websocket(worker: Worker, params: dict[str, Any], sections: list[memoryview]) -> Answer:
    """Handle `websocket`, from the handshake to the end of the socket."""
    app = _app(worker)
    from lgx_worker.app_socket import SocketExchange

    return await _answered(app, SocketExchange(worker, current_call(), params, sections))


async def openapi(worker: Worker, params: dict[str, Any], sections: list[memoryview]) -> Answer:
    """Handle `http.openapi`: FastAPI knows, and nobody else."""
    app = _app(worker).framework_app
    fastapi = getattr(sys.modules.get("fastapi"), "FastAPI", None)
    if fastapi is None or not isinstance(app, fastapi):
        return {"openapi": None}, []
    from lgx_worker.app_exchange import crash_entry

    try:
        # Through JSON, so that what cannot be one fails here.
        return {"openapi": to_plain(app.openapi())}, []
    except Exception as error:  # noqa: BLE001 - it is told, and the server describes the rest
        worker.connection.log(crash_entry(error, worker, "the description of its routes (openapi)"))
        return {"openapi": None}, []


async def _answered(app: ProjectApp, exchange: Exchange) -> Answer:
    if exchange.call.cancelled:
        raise CallFailed("the call was cancelled before it began", type="Cancelled")
    app.answer(exchange)
    try:
        # What is cancelled here is the wait for the answer: the exchange learns of it below, and all of it at once.
        return await asyncio.shield(exchange.answered)
    except asyncio.CancelledError:
        exchange.leave()
        raise


def _app(worker: Worker) -> ProjectApp:
    if worker.app is None:
        raise CallFailed("This project has no HTTP app of its own.", type="NoApp")
    return worker.app
