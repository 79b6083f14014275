"""The HTTP request as authenticate handlers get it: parameters by name, with starlette's Request where there is one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from lgx_worker.encode import to_json


class Headers(dict[Any, Any]):
    """Headers with lower-case names as bytes, as ASGI has them; looked up by text they answer with text."""

    def __getitem__(self, name: Any) -> Any:
        if isinstance(name, str):
            return super().__getitem__(name.lower().encode("latin-1")).decode("latin-1")
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name.lower().encode("latin-1") if isinstance(name, str) else name)

    def get(self, name: Any, default: Any = None) -> Any:
        """The header, or `default`."""
        return self[name] if name in self else default  # noqa: SIM401 - this is that `get`


class QueryParams(dict[str, str]):
    """The query by name, the last value of each; `getlist` has all of them."""

    def __init__(self, query: str) -> None:
        self._pairs = parse_qsl(query, keep_blank_values=True)
        super().__init__(self._pairs)

    def getlist(self, name: str) -> list[str]:
        """Every value of `name`, in order."""
        return [value for key, value in self._pairs if key == name]

    def multi_items(self) -> list[tuple[str, str]]:
        """Every pair, in order."""
        return list(self._pairs)


class TextHeaders(Mapping[str, str]):
    """Headers by name in any case, as text."""

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]

    def __getitem__(self, name: str) -> str:
        for key, value in self._pairs:
            if key == name.lower():
                return value
        raise KeyError(name)

    def __iter__(self) -> Any:
        return iter(dict(self._pairs))

    def __len__(self) -> int:
        return len(dict(self._pairs))

    def getlist(self, name: str) -> list[str]:
        """Every value of a header that came more than once."""
        return [value for key, value in self._pairs if key == name.lower()]


class Request:
    """The essentials of starlette's Request, for projects that do not have starlette."""

    def __init__(self, scope: dict[str, Any], body: bytes) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.headers = TextHeaders(scope["headers"])
        self.query_params = QueryParams(scope["query_string"].decode("latin-1"))
        self.path_params: dict[str, Any] = scope["path_params"]
        self.client = scope["client"]
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        self.url = f"{scope['scheme']}://{self.headers.get('host', 'localhost')}{scope['path']}{query}"
        self._body = body

    async def body(self) -> bytes:
        """The body as it came."""
        return self._body

    async def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self._body)


class RequestParameters:
    """What each parameter name of an authenticate handler stands for, in one request."""

    def __init__(self, request: Mapping[str, Any], body: Any) -> None:
        pairs = [(str(n).lower().encode("latin-1"), str(v).encode("latin-1", "replace")) for n, v in request["headers"]]
        host = dict(pairs).get(b"host", b"localhost").decode("latin-1")
        name, _, port = host.rpartition(":") if host.rpartition(":")[2].isdigit() else (host, "", "")
        client = request.get("client")
        query = str(request.get("query") or "")
        self._body = body
        self._scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request["method"],
            "scheme": "http",
            "path": request["path"],
            "raw_path": quote(request["path"]).encode(),
            "root_path": "",
            "query_string": query.encode("latin-1", "replace"),
            "headers": pairs,
            "path_params": dict(request.get("path_params") or {}),
            "client": tuple(client) if client else None,
            "server": (name, int(port) if port else None),
        }

    def get(self, name: str) -> Any:
        """The value of the parameter called `name` (one of `PARAMETERS`)."""
        return _VALUES[name](self)

    def _request(self) -> Any:
        body = b"" if self._body is None else to_json(self._body)
        try:
            from starlette.requests import Request as StarletteRequest
        except ImportError:
            return Request(self._scope, body)
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        return StarletteRequest(self._scope, receive)

    def _query_params(self) -> Any:
        query = self._scope["query_string"].decode("latin-1")
        try:
            from starlette.datastructures import QueryParams as StarletteQueryParams
        except ImportError:
            return QueryParams(query)
        return StarletteQueryParams(query)

    def _headers(self) -> Headers:
        return Headers(self._scope["headers"])

    def _authorization(self) -> str | None:
        return self._headers().get("authorization")


_VALUES: dict[str, Callable[[RequestParameters], Any]] = {
    "request": RequestParameters._request,
    "body": lambda parameters: parameters._body,
    "user": lambda _: None,
    "path": lambda parameters: parameters._scope["path"],
    "method": lambda parameters: parameters._scope["method"],
    "scopes": lambda _: [],
    "path_params": lambda parameters: parameters._scope["path_params"],
    "query_params": RequestParameters._query_params,
    "headers": RequestParameters._headers,
    "authorization": RequestParameters._authorization,
    "scope": lambda parameters: parameters._scope,
}

PARAMETERS = tuple(_VALUES)
"""The names an authenticate handler can ask for."""
