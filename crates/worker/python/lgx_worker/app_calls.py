"""The calls about the project's own HTTP app. What they need is imported by `load`, for projects that have one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lgx_worker.encode import to_plain
from lgx_worker.errors import CallFailed

if TYPE_CHECKING:
    from lgx_worker.frames import Bytes
    from lgx_worker.worker import Worker

Answer = tuple[dict[str, Any], "Sequence[Bytes]"]


async def request(worker: Worker, params: dict[str, Any], sections: list[memoryview]) -> Answer:
    """Handle `http` or `websocket` where there is no app; else `ProjectApp.take` has taken it."""
    raise _no_app()


async def openapi(worker: Worker, params: dict[str, Any], sections: list[memoryview]) -> Answer:
    """Handle `http.openapi`: FastAPI knows, and nobody else."""
    if worker.app is None:
        raise _no_app()
    app = worker.app.framework_app
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


def _no_app() -> CallFailed:
    return CallFailed("This project has no HTTP app of its own.", type="NoApp")
