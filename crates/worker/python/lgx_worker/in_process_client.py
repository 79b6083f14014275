"""`get_client()` of the SDK without a URL: what the project's code asks the server that runs it, made as the user of the run or
of the request to the project's app that it works for.

The SDK asks `get_asgi_transport` for the class of transport that such a client gets, and would call the server as an
application in its own process. Here the server is another process, so the transport sends the request to its address. It adds
a pass, made of a secret that only the server and this worker know, by which the server knows whose run or request it is.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import httpx

from lgx_worker import remote_graph
from lgx_worker.loopback_transport import LoopbackTransport
from lgx_worker.request_context import current_pass
from lgx_worker.run_context import current_run

RUN_PASS = "x-lgx-run"
"""The header that says on behalf of which run a request is made."""
REQUEST_PASS = "x-lgx-request"
"""The header that says on behalf of which request to the project's app one is made."""
_DEFER = "__LANGGRAPH_DEFER_LOOPBACK_TRANSPORT"
_MODULES = ("langgraph_sdk._shared.utilities", "langgraph_sdk._async.client", "langgraph_sdk.client")


# As for asynchronous clients.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=5)


@dataclass(frozen=True)
class Server:
    """The server as the project's code reaches it."""

    url: httpx.URL
    secret: str | None = field(repr=False)
    """What shows that a request comes from this worker."""

    @cached_property
    def host(self) -> str:
        """What it is called in the header of that name."""
        return self.url.netloc.decode("ascii")

    @cached_property
    def prefix(self) -> bytes:
        """What its paths begin with; mostly nothing."""
        return self.url.raw_path.rstrip(b"/")

    def transport(self) -> LoopbackTransport:
        """Connections to it, for one event loop; proxies of the environment have no part in them."""
        return LoopbackTransport(self.url.host, self.url.port or 80)

    def headers(self, request: httpx.Request) -> httpx.Headers:
        """Those that a request is sent with, on behalf of whoever the running code works for."""
        headers = request.headers.copy()
        headers["host"] = self.host
        for name in (RUN_PASS, REQUEST_PASS):
            headers.pop(name, None)
        if not _brings_credentials(headers):
            if self.secret and (run_id := current_run()):
                headers[RUN_PASS] = f"{run_id} {self.secret}"
            elif request_pass := current_pass():
                headers[REQUEST_PASS] = request_pass
        return headers

    def target(self, request: httpx.Request) -> bytes:
        """Where a request is sent to."""
        return self.prefix + request.url.raw_path

    def passed_on(self, request: httpx.Request) -> httpx.Request:
        """The request as it is sent."""
        url = self.url
        return httpx.Request(
            request.method,
            request.url.copy_with(scheme=url.scheme, host=url.host, port=url.port, raw_path=self.target(request)),
            headers=self.headers(request),
            stream=request.stream,
            extensions=request.extensions,
        )


@dataclass(frozen=True)
class Connections:
    """Those of the worker's own event loop, which all clients share: code makes one for a single request often enough."""

    loop: asyncio.AbstractEventLoop
    transport: LoopbackTransport


class InProcessTransport(httpx.AsyncBaseTransport):
    """Sends what a client without a URL asks to the server; made anew for each client, and used from any event loop."""

    def __init__(self, server: Server, shared: Connections) -> None:
        self._server = server
        self._shared = shared
        # A connection belongs to the loop that opened it, and a synchronous node may run one of its own.
        self._own: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopbackTransport] = WeakKeyDictionary()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        server = self._server
        return await self._connections().ask(request, server.target(request), server.headers(request).raw)

    async def aclose(self) -> None:
        """Close the connections of the loop that runs, if they are this client's own."""
        transport = self._own.pop(asyncio.get_running_loop(), None)
        if transport is not None:
            await transport.aclose()

    def _connections(self) -> LoopbackTransport:
        loop = asyncio.get_running_loop()
        if loop is self._shared.loop:
            return self._shared.transport
        transport = self._own.get(loop)
        if transport is None:
            transport = self._own[loop] = self._server.transport()
        return transport


class SynchronousTransport(httpx.BaseTransport):
    """The same for synchronous clients, which share their connections: they belong to no loop."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @cached_property
    def _connections(self) -> httpx.HTTPTransport:
        return httpx.HTTPTransport(verify=False, trust_env=False, limits=_LIMITS)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        return self._connections.handle_request(self._server.passed_on(request))


def install(api_url: str, secret: str | None, loop: asyncio.AbstractEventLoop) -> None:
    """From here on, clients of the SDK without a URL, and remote graphs without one, ask the server at `api_url`; `loop` is the
    worker's.
    """
    server = Server(httpx.URL(api_url), secret)
    shared = Connections(loop, server.transport())

    def transport(*_: Any, **__: Any) -> InProcessTransport:
        return InProcessTransport(server, shared)

    synchronous = SynchronousTransport(server)

    def clients(api_key: str | None, headers: Any) -> tuple[Any, Any]:
        from langgraph_sdk import get_client, get_sync_client
        from langgraph_sdk.client import SyncLangGraphClient

        # It has the headers and limits of time that such a client has, and would go to a port of its own choice.
        plain = get_sync_client(api_key=api_key, headers=headers).http.client
        passing = httpx.Client(
            base_url="http://api", transport=synchronous, headers=plain.headers, timeout=plain.timeout, trust_env=False
        )
        return get_client(api_key=api_key, headers=headers), SyncLangGraphClient(passing)

    remote_graph.install(clients)
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
