"""The project's graphs by id: what was loaded, and opening one for an operation."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import StateGraph
from langgraph.pregel import Pregel
from langgraph.store.base import BaseStore

from lgx_worker.errors import CallFailed
from lgx_worker.factory import Factory
from lgx_worker.kinds import kind_of

if TYPE_CHECKING:
    from lgx_worker.worker import Access

_UNNAMED = "LangGraph"  # what a graph is called that was compiled without a name


@dataclass
class LoadedGraph:
    """One entry of langgraph.json, as its module gave it."""

    id: str
    source: Pregel | Factory
    notices: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name it was compiled with, else its id."""
        name = self.source.get_name() if isinstance(self.source, Pregel) else self.id
        return self.id if name == _UNNAMED else name


class Graphs:
    """Graphs that can be opened, and the diagnostics of those that could not be loaded."""

    def __init__(self) -> None:
        self.loaded: dict[str, LoadedGraph] = {}
        self.failed: dict[str, dict[str, Any]] = {}

    def add(self, graph_id: str, value: Any) -> LoadedGraph:
        """Accept what langgraph.json names: a compiled graph, a builder, an entrypoint or a factory."""
        if isinstance(value, StateGraph):
            value = value.compile()
        if isinstance(value, Pregel):
            graph = LoadedGraph(graph_id, value)
            if isinstance(value.checkpointer, BaseCheckpointSaver):
                graph.notices.append(
                    f"Compiled with its own checkpointer ({type(value.checkpointer).__name__}), which is not used here: "
                    "the server keeps the threads."
                )
            if isinstance(value.store, BaseStore):
                graph.notices.append(
                    f"Compiled with its own store ({type(value.store).__name__}), which is not used here: "
                    "the server keeps the items."
                )
        elif callable(value) and not isinstance(value, type):
            graph = LoadedGraph(graph_id, Factory(value))
        else:
            raise TypeError(
                f"`{graph_id}` is {kind_of(value)}, not a graph. Name a compiled graph, a StateGraph, an "
                "@entrypoint, or a function that returns one."
            )
        self.loaded[graph_id] = graph
        return graph

    def has_factory(self, graph_id: str) -> bool:
        """Whether the graph is made anew for each operation."""
        graph = self.loaded.get(graph_id)
        return graph is not None and isinstance(graph.source, Factory)

    @asynccontextmanager
    async def open(
        self,
        graph_id: str,
        *,
        config: dict[str, Any],
        context: Any,
        user: Any,
        access: Access,
        saver: BaseCheckpointSaver,
        store: BaseStore,
    ) -> AsyncIterator[Pregel]:
        """A graph for one operation; see `Worker.open_graph`."""
        graph = self.loaded.get(graph_id)
        if graph is None:
            raise self._unavailable(graph_id)
        if isinstance(graph.source, Pregel):
            yield _opened(graph.source, graph_id, saver, store)
            return
        executing = access == "threads.create_run"
        configurable = {**(config.get("configurable") or {}), "__is_for_execution__": executing}
        if user is not None:
            configurable["langgraph_auth_user"] = user
        async with graph.source.make(
            {**config, "configurable": configurable}, context, user, access, store
        ) as returned:
            made = returned.compile() if isinstance(returned, StateGraph) else returned
            if not isinstance(made, Pregel):
                raise TypeError(
                    f"The factory of graph `{graph_id}` returned a {type(made).__name__}, not a graph. Return a "
                    "compiled graph or a StateGraph."
                )
            yield _opened(made, graph_id, saver, store)

    def _unavailable(self, graph_id: str) -> CallFailed:
        diagnostic = self.failed.get(graph_id)
        if diagnostic is None:
            return CallFailed(f"There is no graph `{graph_id}` in this project.", status=404, type="UnknownGraph")
        return CallFailed(
            f"Graph `{graph_id}` could not be loaded: {diagnostic['type']}: {diagnostic['message']}",
            status=503,
            type="GraphLoadError",
            diagnostic=diagnostic,
        )


def _opened(graph: Pregel, graph_id: str, saver: BaseCheckpointSaver, store: BaseStore) -> Pregel:
    """The same graph with our saver and store, and with its id for a name if it has none: events, traces and titles of schemas
    are named by it. Going through its constructor would validate it anew for every run.
    """
    opened = copy.copy(graph)
    if opened.name == _UNNAMED:
        opened.name = graph_id
    opened.checkpointer = saver
    opened.store = store
    return opened
