"""Runs of the event protocol: what `graph.astream_events(version="v3")` tells, as the events that clients see."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from lgx_worker.disclosure import HIDDEN, Disclosure

if TYPE_CHECKING:
    from langgraph.pregel import Pregel

_TASKS = "lgx.tasks"
_AS_THEY_ARE = {"values", "updates", "custom", "tools", "checkpoints"}

Event = tuple[str, Any, bool]


class EventStream:
    """The stream of one run. It also learns the newest values of the root graph, and whether that stopped early."""

    def __init__(self) -> None:
        self.values: Any = None
        self.has_values = False
        self.interrupted = False
        self._names: dict[tuple[str, ...], str] = {}

    async def chunks(self, graph: Pregel, given: Any, config: Any, **options: Any) -> AsyncGenerator[Event, None]:
        """Run the graph. Yields name, data, and whether they are the root's values."""
        extra = _own_transformers(graph)
        with warnings.catch_warnings():
            # The library calls this way of streaming experimental; whoever starts a run over the protocol knows. Nothing else
            # runs in between: the call only prepares.
            warnings.simplefilter("ignore")
            run = await graph.astream_events(given, config, version="v3", transformers=extra, **options)
        events = aiter(run)
        try:
            while (event := await _next(events)) is not None:
                for converted in self._converted(event["method"], event["params"]):
                    yield converted
        finally:
            # Stops what still runs, and waits for it. Does nothing when the graph has come to its end.
            await run.abort()

    def _converted(self, method: str, params: dict[str, Any]) -> Iterator[Event]:
        namespace, data = params["namespace"], params["data"]
        if method == "values":
            yield from self._values(namespace, data, params.get("interrupts") or ())
        elif method == "messages":
            payload = data[0]
            # Whole messages are in the values; the protocol streams what models say.
            if isinstance(payload, dict) and "event" in payload:
                yield _named(method, namespace), payload, False
        elif method == "lifecycle":
            yield self._lifecycle(data)
        elif method == _TASKS:
            yield _named("tasks", data["namespace"]), data["data"], False
        elif method == "tools" and data["event"] == "tool-error":
            yield _named(method, namespace), {**data, "message": _disclosed(data["message"])}, False
        elif method in _AS_THEY_ARE or method.startswith("custom:"):
            yield _named(method, namespace), data, False

    def _values(self, namespace: list[str], data: Any, interrupts: Any) -> Iterator[Event]:
        if interrupts:
            yield _named("input", namespace), list(interrupts), False
        if not namespace:
            self.values, self.has_values = data, True
            self.interrupted = self.interrupted or bool(interrupts)
        yield _named("values", namespace), data, not namespace

    def _lifecycle(self, data: dict[str, Any]) -> Event:
        """A subgraph's start is told as the library tells it, its end with its name instead of its place."""
        namespace = tuple(data["namespace"])
        if data["event"] == "started":
            self._names[namespace] = data.get("graph_name") or namespace[-1]
            return _named("lifecycle", namespace), data, False
        name = self._names.get(namespace) or namespace[-1].partition(":")[0]
        told = {"event": data["event"], "graph_name": name}
        if "error" in data:
            told["error"] = _disclosed(data["error"])
        return _named("lifecycle", namespace), told, False


async def _next(events: AsyncIterator[Any]) -> Any:
    """The next event, or nothing at the end. A cancellation is left to `abort`, which also waits for what it cancels;
    cancelling the stream itself would leave the graph running unobserved.
    """
    following = asyncio.ensure_future(_following(events))
    await asyncio.wait({following})
    return following.result()


async def _following(events: AsyncIterator[Any]) -> Any:
    return await anext(events, None)


def _own_transformers(graph: Pregel) -> list[Any]:
    """What has to be added so that the events of tasks come out for a graph that was compiled to show them: the library keeps
    them to itself.
    """
    from langgraph.stream import StreamChannel, StreamTransformer, TasksTransformer

    compiled = graph.stream_transformers or ()
    if not any(isinstance(spec, type) and issubclass(spec, TasksTransformer) for spec in compiled):
        return []

    class Tasks(StreamTransformer):
        _native = True
        required_stream_modes = ("tasks",)

        def init(self) -> dict[str, Any]:
            self.channel: StreamChannel[Any] = StreamChannel(_TASKS)
            return {_TASKS: self.channel}

        def process(self, event: Any) -> bool:
            # Those of subgraphs come by here, too; what watches a subgraph alone has nobody to tell.
            if event["method"] == "tasks" and not self.scope:
                params = event["params"]
                self.channel.push({"namespace": params["namespace"], "data": params["data"]})
            return True

    return [Tasks]


def _disclosed(message: str) -> str:
    """The text of an exception of which nothing else is known any more."""
    return HIDDEN if Disclosure.hides else message


def _named(method: str, namespace: Any) -> str:
    return "|".join((method, *namespace)) if namespace else method
