"""`RemoteGraph("agent")` of langgraph without a URL: a graph of this very server, asked as `get_client()` without one asks.

langgraph itself refuses to call such a graph: it wants a URL or clients. Its module is changed when the project imports it,
which few projects do.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_MODULE = "langgraph.pregel.remote"

Clients = Callable[[str | None, Any], tuple[Any, Any]]
"""Makes the two clients, an asynchronous and a synchronous one, with this key and these headers."""


def install(clients: Clients) -> None:
    """From here on, graphs that are made with neither a URL nor clients get these clients."""
    module = sys.modules.get(_MODULE)
    if module is not None:
        _change(module, clients)
    else:
        sys.meta_path.insert(0, _Finder(clients))


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


class _Finder(MetaPathFinder):
    """Sees the module being imported, once."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Leave the module to whoever finds it, and change it behind that."""
        if fullname != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Changing(spec.loader, self._clients)
        return spec


class _Changing(Loader):
    """The module's own loader, and what comes behind it."""

    def __init__(self, loader: Any, clients: Clients) -> None:
        self._loader = loader
        self._clients = clients

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As ever."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """As ever, then change it."""
        self._loader.exec_module(module)
        _change(module, self._clients)
