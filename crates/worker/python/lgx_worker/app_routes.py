"""Which requests an app has a route for: what the server is told when the app is loaded, and the answer for one request."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

_SHADOWED = ("/docs", "/openapi.json")
"""FastAPI makes these by itself, and the server has its own, which show the app's routes too."""
_ANYTHING = (False, True)
_EVENT_SOCKET = re.compile("/threads/[^/]+/stream/events")
"""The server's own WebSocket, whatever routes the app has: one that takes every path would refuse it."""


class Own(Enum):
    """Whether a request is the app's own."""

    YES = "yes"
    ASK = "ask"
    """It takes every path: what it does not find is the server's."""
    NO = "no"


class Routes:
    """The routes of an app, looked at anew for each request: an app may add to them."""

    def __init__(self, router: Any) -> None:
        """`router` has them, or is None: then nobody knows."""
        self._router = router

    def own(self, scope: Mapping[str, Any]) -> Own:
        """Whether one of the routes matches, path and method; as the router decides, the first that does."""
        return self.find(scope)[0]

    def find(self, scope: Mapping[str, Any]) -> tuple[Own, str | None]:
        """The same, and the path of the route as the app writes it: `/items/{item_id}`."""
        if _is_event_socket(scope):
            return Own.NO, None
        if self._router is None:
            return Own.ASK, None
        scope = dict(scope)  # routes of other makes may write into it
        for route in self._router.routes:
            if _matches(route, scope) and not _is_shadowed(route):
                return (Own.ASK, None) if _takes_every_path(route) else (Own.YES, _path(route, scope))
        last = getattr(self._router, "_iter_low_priority_routes", None)  # FastAPI's, for built frontends
        if last is not None and any(_matches(route, scope) for route in last()):
            return Own.ASK, None
        return Own.NO, None

    def told(self) -> list[dict[str, Any]]:
        """The entries of the answer to `load`: what requests that may have a route look like, behind the prefix."""
        entries: list[dict[str, Any]] = []
        for path, whole, sockets in self._all():
            starts = path.partition("{")[0]
            for socket in sockets:
                entry = {"starts": starts, "whole": whole and starts == path, "socket": socket}
                if entry not in entries:
                    entries.append(entry)
        return entries

    def _all(self) -> Iterator[tuple[str, bool, Iterable[bool]]]:
        """The path of each route, whether it is the whole path, and the kinds of connections it is for."""
        if self._router is None:
            yield "/", False, _ANYTHING
            return
        for route in _each(self._router.routes):
            if _is_shadowed(route):
                continue
            path, original = getattr(route, "path", None), getattr(route, "original_route", route)
            if _is(original, "WebSocketRoute"):
                yield route.path, True, (True,)
            elif _is(original, "Route"):
                yield route.path, True, (False,)
            elif isinstance(path, str) and _is(original, "Mount"):
                yield f"{path}/", False, _ANYTHING if _may_take_sockets(original) else (False,)
            else:  # a host, or a kind that we do not know
                yield "/", False, _ANYTHING
        last = getattr(self._router, "_iter_low_priority_routes", None)
        if last is not None and any(True for _ in last()):
            yield "/", False, (False,)


def _each(routes: Iterable[Any]) -> Iterable[Any]:
    """The routes, and those of routers that FastAPI keeps included as they are, with the paths that they have there."""
    contexts = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", None)
    return contexts(routes) if contexts is not None else routes


def _is(route: Any, kind: str) -> bool:
    """Whether it is a route of this class of Starlette's, which need not be installed."""
    found = getattr(sys.modules.get("starlette.routing"), kind, None)
    return found is not None and isinstance(route, found)


def _matches(route: Any, scope: Mapping[str, Any]) -> bool:
    if scope["type"] == "websocket" and _is(route, "Mount") and not _may_take_sockets(route):
        return False
    match, _ = route.matches(scope)
    return bool(match.name == "FULL")


def _is_event_socket(scope: Mapping[str, Any]) -> bool:
    if scope["type"] != "websocket":
        return False
    path = str(scope["path"]).removeprefix(scope.get("root_path") or "")
    return _EVENT_SOCKET.fullmatch(path) is not None


def _path(route: Any, scope: Mapping[str, Any]) -> str | None:
    """The path of a route that matches; of a router that FastAPI keeps included, that of its own route that does."""
    path = getattr(route, "path", None)
    if path is None:
        path = next((one.path for one in _each([route]) if one is not route and _matches(one, scope)), None)
    return path if isinstance(path, str) else None


def _is_shadowed(route: Any) -> bool:
    if getattr(route, "path", None) not in _SHADOWED:
        return False
    endpoint = getattr(route, "endpoint", None)
    return getattr(endpoint, "__module__", "") == "fastapi.applications"


def _takes_every_path(route: Any) -> bool:
    return getattr(route, "path", None) == "" and _is(route, "Mount")


def _may_take_sockets(mount: Any) -> bool:
    """Static files are refused to WebSockets by an assertion only."""
    static = getattr(sys.modules.get("starlette.staticfiles"), "StaticFiles", None)
    return static is None or not isinstance(mount.app, static)
