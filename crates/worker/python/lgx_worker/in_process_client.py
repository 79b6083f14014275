"""`get_client()` of the SDK without a URL: a graph's requests to the server that runs it, made as the user of the run.

The SDK asks `get_asgi_transport` for the class of transport that such a client gets, and would call the server as an
application in its own process. Here the server is another process, so the transport sends the request to its address. It adds
a pass, made of the run's id and a secret that only the server and this worker know, by which the server knows whose run asks.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import httpx

from lgx_worker.run_context import current_run

PASS = "x-lgx-run"
"""The header that says on behalf of which run a request is made."""
_DEFER = "__LANGGRAPH_DEFER_LOOPBACK_TRANSPORT"
_MODULES = ("langgraph_sdk._shared.utilities", "langgraph_sdk._async.client", "langgraph_sdk.client")


@dataclass(frozen=True)
class Server:
    """The server as graphs reach it."""

    url: httpx.URL
    secret: str | None = field(repr=False)
    """What shows that a request comes from this worker."""


class InProcessTransport(httpx.AsyncBaseTransport):
    """Sends what a client without a URL asks to the server; made anew for each client, and used from any event loop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        # A connection belongs to the loop that opened it, and a synchronous node may run one of its own.
        self._transports: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncHTTPTransport] = WeakKeyDictionary()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; proxies of the environment have no part in it."""
        url = self._server.url
        headers = request.headers.copy()
        headers["host"] = url.netloc.decode("ascii")
        headers.pop(PASS, None)
        run_id = current_run()
        if self._server.secret and run_id and not _brings_credentials(headers):
            headers[PASS] = f"{run_id} {self._server.secret}"
        passed_on = httpx.Request(
            request.method,
            request.url.copy_with(
                scheme=url.scheme, host=url.host, port=url.port, raw_path=_prefix(url) + request.url.raw_path
            ),
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._transport().handle_async_request(passed_on)

    async def aclose(self) -> None:
        """Close the connections of the loop that runs."""
        transport = self._transports.pop(asyncio.get_running_loop(), None)
        if transport is not None:
            await transport.aclose()

    def _transport(self) -> httpx.AsyncHTTPTransport:
        loop = asyncio.get_running_loop()
        transport = self._transports.get(loop)
        if transport is None:
            # As many connections at once as the graph asks for: an application in the same process has no limit either.
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=5)
            transport = self._transports[loop] = httpx.AsyncHTTPTransport(
                verify=False, trust_env=False, limits=limits
            )  # plain HTTP
        return transport


def _prefix(url: httpx.URL) -> bytes:
    """What the paths of the server begin with; mostly nothing."""
    return url.raw_path.rstrip(b"/")


def install(api_url: str, secret: str | None) -> None:
    """From here on, clients of the SDK that are made without a URL are clients of the server at `api_url`."""
    server = Server(httpx.URL(api_url), secret)

    def transport(*_: Any, **__: Any) -> InProcessTransport:
        return InProcessTransport(server)

    # Without it the SDK would import the official server where that is installed.
    os.environ[_DEFER] = "true"
    for name in _MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue  # other versions of the SDK have other modules
        if hasattr(module, "get_asgi_transport"):
            module.get_asgi_transport = lambda: transport  # type: ignore[attr-defined] # it has it, as was asked


def _brings_credentials(headers: httpx.Headers) -> bool:
    """Whether the caller says itself who asks. The SDK adds the key for LangSmith that it finds in the environment by itself."""
    key = headers.get("x-api-key")
    return "authorization" in headers or "cookie" in headers or (key is not None and key not in _keys_of_environment())


def _keys_of_environment() -> list[str]:
    names = ("LANGGRAPH_API_KEY", "LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
    return [os.environ.get(name, "").strip().strip('"').strip("'") for name in names]
