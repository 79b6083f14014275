"""The call `run`: executes a graph, streams its events, and tells the state it ended in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from lgx_worker.beginning import MOST_MOVES, Beginning
from lgx_worker.calls import Call, current_call
from lgx_worker.diagnostics import diagnose
from lgx_worker.disclosure import run_error
from lgx_worker.encode import to_json
from lgx_worker.errors import CallFailed
from lgx_worker.event_stream import EventStream
from lgx_worker.factory import Factory
from lgx_worker.last_step import last_step
from lgx_worker.output_channels import narrowed_output
from lgx_worker.root_state import finished_state, snapshot_state, unknown_state, without_values
from lgx_worker.run_context import attribute_to_run
from lgx_worker.run_input import graph_input, run_config
from lgx_worker.run_news import RunNews
from lgx_worker.saver import Prefetched
from lgx_worker.stream_modes import INTERRUPT, Stream

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.pregel import Pregel

    from lgx_worker.worker import Worker

OPENED = "opened"
"""The event that says that the factory of the graph has not failed."""

State = tuple[dict[str, Any], list[bytes]]


async def run(worker: Worker, params: dict[str, Any], sections: list[memoryview]) -> tuple[dict[str, Any], list[bytes]]:
    """Handle `run`. It is answered with a REPLY whatever the graph does."""
    attribute_to_run(params["run_id"])
    call = current_call()
    with worker.executing.run(params["run_id"], call):
        return await _run(worker, params, sections, call)


async def _run(
    worker: Worker, params: dict[str, Any], sections: list[memoryview], call: Call
) -> tuple[dict[str, Any], list[bytes]]:
    news = RunNews(call, worker.connection.loop)
    execution = _Execution(worker, params, sections, call, news)
    for record in worker.record:
        record(news)
    error: BaseException | None = None
    try:
        async with execution.open() as graph:
            if worker.graphs.has_factory(params["graph_id"]):
                await call.send(_event_meta(OPENED), (b"null",))
            await execution.stream(graph)
    except BaseException as raised:  # noqa: BLE001 - also SystemExit, KeyboardInterrupt and a node's own CancelledError
        error = raised
    await news.finish()
    status: dict[str, Any] = {"status": "success", "error": None, "diagnostic": None}
    if call.cancelled:
        # Also when user code swallowed the cancellation, or turned it into something else.
        status["status"] = "cancelled"
    elif call.failure is not None:
        status = {"status": "error", "error": run_error(call.failure), "diagnostic": call.failure.diagnostic()}
    elif error is not None:
        status = {"status": "error", **_described(error, worker)}
    # The state of a temporary run goes with it: nobody reads its values any more.
    state, values = without_values(execution.state) if params.get("temporary") else execution.state
    return {**status, **state}, values


class _Execution:
    """One run, and what there is to say about its end."""

    def __init__(
        self, worker: Worker, params: dict[str, Any], sections: list[memoryview], call: Call, news: RunNews
    ) -> None:
        self.worker = worker
        self.params = params
        self.call = call
        self.state: State = unknown_state()
        modes = params.get("stream_mode") or ["values"]
        self._events = EventStream() if params.get("event_streaming") else Stream(modes, bool(params.get("subgraphs")))
        self._user = _user(params)
        self._config = run_config(params, self._user, worker.server)
        self._beginning = Beginning(worker.connection, call, news)
        self._saver = _saver(worker, params, sections, self._beginning.checkpoint_is_read)

    def open(self) -> Any:
        """The graph, made for this run."""
        if not self.call.cancelled and (self._is_made_for_it() or self.params.get("moves", 0) >= MOST_MOVES):
            self._beginning.begin()
        return self.worker.open_graph(
            self.params["graph_id"],
            config=self._config,  # type: ignore[arg-type] # a TypedDict is a dict
            context=self.params.get("context"),
            user=self._user,
            access="threads.create_run",
            saver=self._saver,
        )

    def _is_made_for_it(self) -> bool:
        """Whether code of the project makes the graph."""
        loaded = self.worker.graphs.loaded.get(self.params["graph_id"])
        return loaded is not None and isinstance(loaded.source, Factory)

    async def stream(self, graph: Pregel) -> None:
        """Run the graph to its end and send its events; `state` is set however that ends."""
        values: bytes | None = None
        shown = self._shown(graph)
        call = self.call
        events = self._events
        try:
            if call.cancelled:  # before it began
                raise asyncio.CancelledError
            async with aclosing(self._chunks(graph, shown)) as chunks:
                async for name, data, is_root_values in chunks:
                    encoded = to_json(data)
                    if is_root_values:
                        values = encoded
                    await call.send(_event_meta(name), (encoded,))
        except BaseException:
            self.state = await self._snapshot(graph)
            raise
        finished = not events.interrupted and not call.cancelled and not _marked(events.values)
        # What was streamed is the thread's new state only if all of the state is streamed.
        if finished and events.has_values and shown is None:
            self.state = finished_state(values if values is not None else to_json(events.values))
        else:
            self.state = await self._snapshot(graph)

    def _shown(self, graph: Pregel) -> str | Sequence[str] | None:
        """The channels that `values` and `updates` are narrowed to. Not beside `events`, which tell all that goes in and out of
        the graph, nor in the event protocol, in which langgraph itself decides.
        """
        return None if isinstance(self._events, EventStream) or self._events.has_events else narrowed_output(graph)

    async def _chunks(
        self, graph: Pregel, shown: str | Sequence[str] | None
    ) -> AsyncGenerator[tuple[str, Any, bool], None]:
        params, events = self.params, self._events
        options: dict[str, Any] = {
            "context": _context(graph, params.get("context")),
            "interrupt_before": params.get("interrupt_before"),
            "interrupt_after": params.get("interrupt_after"),
            "durability": self._durability(),
        }
        given = graph_input(params)
        config = self._config
        if isinstance(events, EventStream):
            async with aclosing(events.chunks(graph, given, config, **options)) as chunks:
                async for event in chunks:
                    yield event
            return
        options |= {"stream_mode": events.graph_modes, "subgraphs": events.subgraphs, "output_keys": shown}
        if given is None and events.has_updates:
            for updates in await last_step(graph, config, params["run_id"]):
                yield "updates", updates, False
        if not events.has_events:
            async with aclosing(graph.astream(given, config, **options)) as chunks:  # type: ignore[type-var] # it is an async generator, and typed as an iterator
                async for chunk in chunks:
                    for event in events.events(chunk):
                        yield event
            return
        async with aclosing(graph.astream_events(given, config, version="v2", **options)) as items:  # type: ignore[type-var] # it is an async generator, and typed as an iterator
            async for item in items:
                if item["event"] == "on_chain_stream" and item["run_id"] == params["run_id"]:
                    for event in events.events(item["data"]["chunk"]):
                        yield event
                else:
                    yield "events", item, False

    def _durability(self) -> str:
        """When checkpoints are stored. Nobody can read those of a stateless run: unless they are streamed only the last is made,
        which its end is told from.
        """
        durability: str = self.params.get("durability") or "async"
        unseen = isinstance(self._events, Stream) and not self._events.has_checkpoints
        return "exit" if durability == "async" and self.params.get("temporary") and unseen else durability

    async def _snapshot(self, graph: Pregel) -> State:
        """The newest root state; a failure to tell it is not the run's failure."""
        self._beginning.pass_by()
        config = {"configurable": {"thread_id": self.params["thread_id"], "checkpoint_ns": ""}}
        try:
            return snapshot_state(await graph.aget_state(config))  # type: ignore[arg-type] # as `RunnableConfig` has it
        except Exception:  # noqa: BLE001 - such as a state that the changed code cannot read any more
            return unknown_state()


def _saver(
    worker: Worker, params: dict[str, Any], sections: list[memoryview], on_read: Callable[[], None]
) -> BaseCheckpointSaver:
    if params.get("temporary"):
        from lgx_worker.temporary_saver import TemporarySaver

        return TemporarySaver(on_read)
    prefetched = None
    if params.get("prefetched"):
        prefetched = Prefetched(params["thread_id"], params.get("checkpoint"), sections)
    return worker.saver(
        run_id=params["run_id"], behind=params.get("durability") != "sync", prefetched=prefetched, on_read=on_read
    )


def _user(params: dict[str, Any]) -> Any:
    if params.get("user") is None:
        return None
    from lgx_worker.auth_user import user_object

    return user_object(params["user"])


def _context(graph: Pregel, context: Any) -> Any:
    if context is None:
        return None
    from lgx_worker.context import coerce_context

    return coerce_context(graph.context_schema, context)


def _marked(values: Any) -> bool:
    return isinstance(values, dict) and INTERRUPT in values


def _described(error: BaseException, worker: Worker) -> dict[str, Any]:
    if isinstance(error, CallFailed):  # the graph is not there
        return {"error": {"error": error.type, "message": error.message}, "diagnostic": error.diagnostic}
    return {"error": run_error(error), "diagnostic": diagnose(error, worker.root)}


_metas: dict[str, bytes] = {}


def _event_meta(name: str) -> bytes:
    if "|" in name:  # task ids: each is another one
        return to_json({"event": name})
    meta = _metas.get(name)
    if meta is None:
        meta = _metas[name] = to_json({"event": name})
    return meta
