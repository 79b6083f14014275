"""The app as it is called for each request: its own middleware around its own routes, and around the server's.

Nothing of a framework is built anew here. The app builds its middleware as ever, only that it finds something else where its
router is: that lets the router have what is the app's own, and the server the rest.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from lgx_worker import app_auth
from lgx_worker.app_exchange import SCOPE_KEY, Exchange
from lgx_worker.app_lifespan import AsgiApp
from lgx_worker.app_routes import Own, Routes
from lgx_worker.app_serve import serve, serve_if_known
from lgx_worker.app_serve_socket import serve_socket

if TYPE_CHECKING:
    from lgx_worker.project_app import ProjectApp

_FALLS_THROUGH = (404, 405)


class Stack:
    """What is called, and what there is to know of it."""

    def __init__(self, app: Any, project: ProjectApp) -> None:
        inner = _framework_app(app)
        self.framework_app = inner
        """The app of Starlette or FastAPI that it is, or that is wrapped in it; None for all others."""
        if inner is not None:
            self.routes = Routes(inner.router)
            self.wraps = bool(getattr(inner, "user_middleware", None)) or inner is not app
            inner.middleware_stack = _built(inner, _Routing(inner.router, project))
            self.call: AsgiApp = app
        else:
            router = app if _is_router(app) else None
            self.routes = Routes(router)
            self.wraps = False
            self.call = _Routing(app, project)


def _framework_app(app: Any) -> Any:
    """The app of a framework that is known, itself or inside of middleware that was put around it by hand."""
    seen: list[Any] = []
    while app is not None and not any(app is one for one in seen):
        if callable(getattr(app, "build_middleware_stack", None)) and hasattr(app, "router"):
            return app
        seen.append(app)
        app = getattr(app, "app", None)
    return None


def _is_router(app: Any) -> bool:
    router = getattr(sys.modules.get("starlette.routing"), "Router", None)
    return router is not None and isinstance(app, router)


def _built(app: Any, routing: _Routing) -> AsgiApp:
    """The middleware of an app of Starlette's or FastAPI's, as it builds it itself, around `routing`."""
    router = app.router
    app.router = routing
    try:
        stack = app.build_middleware_stack()
    finally:
        app.router = router
    # The outermost turns a crash into an answer that says nothing; without it, it is told with its line. What the project wants
    # to say instead stays.
    if type(stack).__name__ == "ServerErrorMiddleware" and stack.handler is None and not stack.debug:
        stack = stack.app
    return stack


class _Routing:
    """Stands where the router was: the app's own requests go there, others to the server."""

    def __init__(self, app: AsgiApp, project: ProjectApp) -> None:
        self._app = app
        self._project = project

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_app"], name)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        exchange: Exchange = scope[SCOPE_KEY]
        own, exchange.route = self._project.routes.find(scope)
        if own is Own.NO:
            await _not_own(exchange, scope, receive, send)
        elif not self._project.auth or await app_auth.let_in(exchange, scope, send, of_app=True):
            if own is Own.ASK and scope["type"] == "http":
                await _ask(self._app, exchange, scope, receive, send)
            else:
                await self._app(scope, receive, send)


async def _not_own(exchange: Exchange, scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await serve_socket(exchange, scope, receive, send)
    else:
        await serve(exchange, scope, receive, send)


async def _ask(app: AsgiApp, exchange: Exchange, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Let the app answer, unless it says that it has no such path or method: then the server does, if the body is still there.
    If the server does not know the path either, the app's word stands.
    """
    asking = _Asking(receive, send)
    refusal: Exception | None = None
    try:
        await app(scope, asking.receive, asking.send)
    except Exception as error:
        if getattr(error, "status_code", None) not in _FALLS_THROUGH or not asking.can_fall_through:
            raise
        refusal = error
    if refusal is None and not asking.held:
        return
    if not await serve_if_known(exchange, scope, asking.receive_again, send):
        if refusal is not None:
            raise refusal
        for message in asking.held:
            await send(message)


class _Asking:
    """Holds back what an app says until it is clear that it is the app's to say."""

    def __init__(self, receive: Any, send: Any) -> None:
        self.held: list[dict[str, Any]] = []
        """The answer that says that there is nothing: how it starts, and its body in its pieces."""
        self._receive = receive
        self._send = send
        self._first: dict[str, Any] | None = None
        self._read = 0
        self._started = False

    @property
    def can_fall_through(self) -> bool:
        """Nothing is sent, and of the body no more than its first piece is read."""
        return not self._started and self._read <= 1

    async def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._receive()
        if message["type"] == "http.request":
            self._read += 1
            self._first = self._first or message
        return message

    async def receive_again(self) -> dict[str, Any]:
        message, self._first = self._first, None
        return message or await self._receive()

    async def send(self, message: dict[str, Any]) -> None:
        starts = message["type"] == "http.response.start"
        falls_through = starts and message["status"] in _FALLS_THROUGH and self.can_fall_through
        self._started = self._started or starts
        if self.held or falls_through:
            self.held.append(message)
        else:
            await self._send(message)
