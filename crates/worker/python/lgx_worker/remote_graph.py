"""`RemoteGraph("agent")` of langgraph without a URL: a graph of this very server, asked as `get_client()` without one asks.

langgraph itself refuses to call such a graph: it wants a URL or clients. Its module is changed when the project imports it,
which few projects do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from lgx_worker.after_import import after_import

_MODULE = "langgraph.pregel.remote"

Clients = Callable[[str | None, Any], tuple[Any, Any]]
"""Makes the two clients, an asynchronous and a synchronous one, with this key and these headers."""


def install(clients: Clients) -> None:
    """From here on, graphs that are made with neither a URL nor clients get these clients."""
    after_import(_MODULE, lambda module: _change(module, clients))


def _change(module: ModuleType, clients: Clients) -> None:
    graph = getattr(module, "RemoteGraph", None)
    if graph is None:  # other versions of langgraph have it elsewhere
        return
    made: Callable[..., None] = graph.__init__

    @functools.wraps(made)
    def make(self: Any, *args: Any, **given: Any) -> None:
        if all(given.get(name) is None for name in ("url", "client", "sync_client")):
            pair = clients(given.get("api_key"), given.get("headers"))
            given["client"], given["sync_client"] = pair
        made(self, *args, **given)

    graph.__init__ = make
