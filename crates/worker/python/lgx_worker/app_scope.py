"""A request as the protocol has it, and as the ASGI scope that an app is called with: each made of the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

ASGI = {"version": "3.0", "spec_version": "2.3"}
"""2.3, as uvicorn has it: what is sent to a client that has left is dropped, and does not raise."""
_PATH_CHARACTERS = "/:@!$&'()*+,;=~-._"
_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}


def http_scope(request: Mapping[str, Any], prefix: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The scope of an HTTP request. What the lifespan has put into the state is there, in a dictionary of the request's own."""
    scope = _scope(request, prefix, state)
    scope["type"], scope["method"], scope["extensions"] = "http", request["method"], {}
    return scope


def socket_scope(request: Mapping[str, Any], prefix: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The scope of a WebSocket. Its handshake may be refused with an answer of the app's choice."""
    scope = _scope(request, prefix, state)
    scope["type"], scope["extensions"] = "websocket", {"websocket.http.response": {}}
    scope["scheme"] = _SOCKET_SCHEMES.get(scope["scheme"], scope["scheme"])
    scope["subprotocols"] = list(request.get("subprotocols") or ())
    return scope


def request_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The request that a scope describes, in which middleware may have changed something."""
    path = scope["path"]
    raw_path = (scope.get("raw_path") or b"").decode("latin-1")
    if unquote(raw_path) != path:
        raw_path = quote(path, safe=_PATH_CHARACTERS)
    request = {
        "scheme": scope.get("scheme", "http"),
        "path": path,
        "raw_path": raw_path,
        "query": scope.get("query_string", b"").decode("latin-1"),
        "headers": header_texts(scope["headers"]),
        "client": scope.get("client"),
        "server": scope.get("server"),
        "http_version": scope.get("http_version", "1.1"),
    }
    if scope["type"] == "websocket":
        return {**request, "subprotocols": list(scope.get("subprotocols") or ())}
    return {"method": scope["method"], **request}


def header_texts(headers: Iterable[Any]) -> list[list[str]]:
    """Headers of ASGI, pairs of bytes, as the protocol has them."""
    texts = []
    for name, value in headers:
        if not isinstance(name, bytes) or not isinstance(value, bytes):
            raise TypeError(f"Headers of an ASGI message are pairs of bytes; ({name!r}, {value!r}) is none.")
        texts.append([name.decode("latin-1").lower(), value.decode("latin-1")])
    return texts


def header_bytes(headers: Iterable[Iterable[str]]) -> list[tuple[bytes, bytes]]:
    """Headers of the protocol, as ASGI has them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _scope(request: Mapping[str, Any], prefix: str, state: Mapping[str, Any]) -> dict[str, Any]:
    client, server = request.get("client"), request.get("server")
    return {
        "asgi": dict(ASGI),
        "http_version": request.get("http_version") or "1.1",
        "scheme": request.get("scheme") or "http",
        "path": request["path"],
        "raw_path": request["raw_path"].encode("latin-1"),
        "root_path": prefix,
        "query_string": request["query"].encode("latin-1"),
        "headers": header_bytes(request["headers"]),
        "client": tuple(client) if client else None,
        "server": tuple(server) if server else None,
        "state": dict(state),
    }
