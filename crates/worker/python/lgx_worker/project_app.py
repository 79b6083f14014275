"""The project's own HTTP app in this worker: its start, its requests, its end."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lgx_worker import app_auth
from lgx_worker.app_exchange import Exchange, crash_entry, log_entry
from lgx_worker.app_http import HttpExchange
from lgx_worker.app_late_heads import LateHeads
from lgx_worker.app_lifespan import Lifespan
from lgx_worker.app_routes import Own, Routes
from lgx_worker.app_socket import SocketExchange
from lgx_worker.app_stack import Stack
from lgx_worker.app_target import AppLoadError, target_name
from lgx_worker.calls import Call
from lgx_worker.diagnostics import diagnose, message_of
from lgx_worker.request_context import attribute_to_request

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

_EXCHANGES: dict[str, type[HttpExchange | SocketExchange]] = {"http": HttpExchange, "websocket": SocketExchange}
_LAST_REQUESTS = 1.0
"""Seconds that requests and what they do in the background have when the worker is told to leave. It is killed after two, and the
lifespan is to end before that."""


class ProjectApp:
    """An app that was imported. It is built, and its lifespan started, on the event loop."""

    def __init__(self, app: Any, spec: Mapping[str, Any], worker: Worker) -> None:
        self.auth = bool(spec.get("auth"))
        """Its routes ask the project's auth first."""
        self.auth_first = bool(spec.get("auth_first"))
        """That happens in front of its middleware, and for the server's routes too."""
        self.prefix = str(spec.get("prefix") or "")
        self._app = app
        self._name = target_name(spec["target"])
        self._worker = worker
        self._context = contextvars.copy_context()
        """That of the import, as it is with other servers: what a request sets there is the request's alone."""
        self.late_heads = LateHeads(worker.connection.loop)
        self.about_to_begin = 0
        """Requests whose tasks the event loop is going to start in this turn or the next; each writes something then."""
        self._exchanges: set[asyncio.Task[None]] = set()
        self._stack: Stack
        self._lifespan: Lifespan | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What its lifespan has made for its requests."""
        return {} if self._lifespan is None else self._lifespan.state

    @property
    def starting(self) -> asyncio.Task[Any] | None:
        """What starts it up, once that has begun."""
        return None if self._lifespan is None else self._lifespan.task

    @property
    def routes(self) -> Routes:
        """What it may answer itself."""
        return self._stack.routes

    @property
    def framework_app(self) -> Any:
        """The app of Starlette or FastAPI that it is, or None."""
        return self._stack.framework_app

    async def start(self) -> dict[str, Any]:
        """Build it and start it up; what the answer to `load` says of it. `AppLoadError` if that fails."""
        try:
            self._stack = Stack(self._app, self)
            self._lifespan = Lifespan(self._stack.call, self._context)
            without = await self._lifespan.start()
            routes = self.routes.told()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            message = f"{self._name} could not be started: {type(error).__name__}: {message_of(error)}"
            raise AppLoadError(message, diagnose(error, self._worker.root)) from error
        if without is not None and self.framework_app is not None:
            reason = f"{type(without).__name__}: {message_of(without)}"
            text = f"{self._name} runs without its lifespan: middleware around it raised {reason}"
            self._worker.connection.log(log_entry("warning", text))
        return {"wraps": self._stack.wraps, "routes": routes}

    async def stop(self) -> None:
        """Wait for what is under way, for a while, then end its lifespan."""
        if self._exchanges:
            await asyncio.wait(self._exchanges, timeout=_LAST_REQUESTS)
        if self._lifespan is None:
            return
        try:
            await self._lifespan.stop()
        except BaseException as error:  # noqa: BLE001 - whatever it raises, the worker leaves
            self._worker.connection.log(crash_entry(error, self._worker, "the end of its lifespan"))

    def take(self, call: Call, params: dict[str, Any], sections: list[memoryview]) -> bool:
        """Let it answer a request, in a task of its own; False if the call is another one."""
        kind = _EXCHANGES.get(call.method)
        if kind is None:
            return False
        exchange = kind(self._worker, call, params, sections)
        task = self._context.run(self._worker.connection.loop.create_task, self._answer(exchange))
        exchange.task = task
        self._exchanges.add(task)
        self.about_to_begin += 1
        return True

    async def _answer(self, exchange: Exchange) -> None:
        self.about_to_begin -= 1
        attribute_to_request(exchange.current_pass)
        try:
            if await self._let_in(exchange) and exchange.begin():
                await self._stack.call(exchange.scope, exchange.receive, exchange.send)
                exchange.returned()
        except BaseException as error:  # noqa: BLE001 - also SystemExit and a CancelledError of its own: it is told
            exchange.crashed(error)
        finally:
            if exchange.task is not None:
                self._exchanges.discard(exchange.task)

    async def _let_in(self, exchange: Exchange) -> bool:
        """Ask the project's auth before anything of the app sees the request, if that is wanted."""
        scope = exchange.scope
        if exchange.authenticated:
            app_auth.put_user(exchange, scope)
        elif self.auth_first:
            of_app = self.routes.own(scope) is not Own.NO
            if self.auth or not of_app:
                return await app_auth.let_in(exchange, scope, exchange.send, of_app=of_app)
        return True
