"""The calls of models, tools and retrievers that a run makes, told to the server while it goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lgx_worker.call_content import (
    MOST_INPUT,
    MOST_OUTPUT,
    MOST_PARAMETERS,
    MOST_TOOLS,
    NO_PARAMETERS,
    NO_TOOLS,
    Content,
    answer_of,
    model_of,
    name_of,
    parameters_of,
    provider_of,
    usage_of,
)
from lgx_worker.run_steps import one_line

if TYPE_CHECKING:
    from lgx_worker.run_news import RunNews

MOST_CALLS = 500
"""How many calls of a run are told of; further ones are counted."""
MOST_BYTES = 8 * 1024 * 1024
"""How much of all of them together, in bytes."""
_PAUSE = 0.1
"""Between two pieces of an answer that is streamed, in seconds."""

_log = logging.getLogger("lgx")


class _Call:
    """A call that goes on."""

    __slots__ = ("first_token", "id", "left", "outside", "parts", "sent")

    def __init__(self, id: UUID, outside: _Call | None) -> None:
        self.id = id
        self.outside = outside
        self.first_token = False
        self.parts: list[str] = []
        self.sent = 0.0
        self.left = MOST_OUTPUT


_enclosing: ContextVar[_Call | None] = ContextVar("lgx_enclosing_call", default=None)
"""The tool within which the code runs."""


class TracedCalls:
    """The calls of one run. Told of on any thread.

    Of a call that starts or ends only that is taken down which may be another thing soon. The rest is made of it when it is
    sent, which is most often while the run waits for a model.
    """

    __slots__ = ("_bytes", "_changes", "_dropped", "_is_off", "_lock", "_news", "_open", "_told")

    def __init__(self, news: RunNews) -> None:
        self._news = news
        self._changes: deque[tuple[Callable[..., dict[str, Any]], tuple[Any, ...]]] = deque()
        self._open: dict[UUID, _Call] = {}
        self._told = 0
        self._bytes = 0
        self._dropped = 0
        self._is_off = False
        self._lock = threading.Lock()
        news.add("calls", self._take)

    def hear(self, what: str, *given: Any) -> None:
        """One of the methods below; whatever is wrong with it, the call goes on."""
        if self._is_off:
            return
        try:
            getattr(self, what)(*given)
        except Exception:  # noqa: BLE001 - other versions of langchain may call with anything
            self._give_up()

    def begin_model(self, at: int, manager: Any, started: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Models are asked, with messages or texts; `started` are the managers of the calls, one for each."""
        serialized, given = _arguments(args, kwargs, "messages" if "messages" in kwargs else "prompts")
        for run, asked in zip(started, given, strict=True):
            self._begin("model", asked, run, manager, at, serialized, kwargs)

    def begin_tool(self, at: int, manager: Any, started: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """A tool is called."""
        serialized, text = _arguments(args, kwargs, "input_str")
        inputs = kwargs.get("inputs")
        given = text if inputs is None else inputs
        if (call := self._begin("tool", given, started, manager, at, serialized, kwargs)) is not None:
            _enclosing.set(call)

    def begin_retriever(
        self, at: int, manager: Any, started: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        """A retriever is asked."""
        serialized, query = _arguments(args, kwargs, "query")
        self._begin("retriever", query, started, manager, at, serialized, kwargs)

    def go_on(self, run_id: UUID, token: Any) -> None:
        """A piece of an answer."""
        call = self._open.get(run_id)
        if call is None:
            return
        if isinstance(token, str) and token and call.left > 0:
            call.parts.append(token[: call.left])
            call.left -= len(token)
        now = time.monotonic()
        if call.first_token and now - call.sent < _PAUSE:
            return
        text = "".join(call.parts)
        call.parts.clear()
        at = None if call.first_token else _now()
        call.first_token = True
        call.sent = now
        self._tell(_gone_on, call, text, at)

    def go_on_by_event(self, run_id: UUID, event: Any) -> None:
        """A piece of an answer, in the form of the event protocol."""
        if event.get("event") == "content-block-delta":
            self.go_on(run_id, (event.get("delta") or {}).get("text"))

    def end_model(self, run_id: UUID, response: Any) -> None:
        """A model has answered."""
        if run_id in self._open:
            answer, message = answer_of(response)
            self.end(run_id, answer, response, message)

    def end(self, run_id: UUID, output: Any, response: Any = None, message: Any = None) -> None:
        """A call has its result."""
        if (call := self._leave(run_id)) is not None:
            content = Content(output, MOST_OUTPUT)
            self._count(content)
            self._tell(_ended, call, _now(), content, response, message)

    def fail(self, run_id: UUID, error: BaseException) -> None:
        """A call has failed."""
        if (call := self._leave(run_id)) is not None:
            self._tell(_failed, call, _now(), one_line(error))

    def _begin(
        self,
        kind: str,
        given: Any,
        run: Any,
        manager: Any,
        at: int,
        serialized: Any,
        kwargs: Mapping[str, Any],
    ) -> _Call | None:
        with self._lock:
            if self._told >= MOST_CALLS or self._bytes >= MOST_BYTES:
                self._dropped += 1
                return None
            self._told += 1
        content = Content(given, MOST_INPUT)
        self._count(content)
        outside = _enclosing.get()
        call = self._open[run.run_id] = _Call(run.run_id, outside)
        parent = self._open.get(manager.parent_run_id, outside)
        self._tell(_begun, call, parent, at, kind, content, manager.metadata, serialized, kwargs)
        return call

    def _leave(self, run_id: UUID) -> _Call | None:
        call = self._open.pop(run_id, None)
        if call is not None and _enclosing.get() is call:
            _enclosing.set(call.outside)
        return call

    def _count(self, content: Content) -> None:
        with self._lock:
            self._bytes += len(content.json)

    def _tell(self, change: Callable[..., dict[str, Any]], *given: Any) -> None:
        self._changes.append((change, given))
        self._news.soon()

    def _take(self) -> dict[str, Any] | None:
        if not (self._changes or self._dropped):
            return None
        changes = []
        try:
            while self._changes:
                change, given = self._changes.popleft()
                changes.append(change(*given))
        except Exception:  # noqa: BLE001 - other versions of langchain may call with anything
            self._give_up()
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return {"changes": changes, "dropped": dropped}

    def _give_up(self) -> None:
        self._is_off = True
        _log.warning("A call could not be recorded; the run goes on, and no more of its calls are.", exc_info=True)


def _begun(
    call: _Call,
    parent: _Call | None,
    at: int,
    kind: str,
    content: Content,
    metadata: Mapping[str, Any],
    serialized: Any,
    kwargs: Mapping[str, Any],
) -> dict[str, Any]:
    model, offered, parameters = None, NO_TOOLS, NO_PARAMETERS
    if kind == "model":
        asked = {**(kwargs.get("invocation_params") or {}), **(kwargs.get("options") or {})}
        model = model_of(metadata, asked)
        if (tools := asked.get("tools") or asked.get("functions")) and isinstance(tools, Sequence):
            offered = Content(list(tools), MOST_TOOLS)
        if with_ := parameters_of(asked):
            parameters = Content(with_, MOST_PARAMETERS)
    cut = content.is_cut or offered.is_cut or parameters.is_cut
    ns, task_id = _place(metadata)
    start = {
        "parent_call_id": None if parent is None else str(parent.id),
        "task_id": task_id,
        "node": metadata.get("langgraph_node"),
        "ns": ns,
        "kind": kind,
        "name": name_of(serialized, kwargs, kind),
        "model": model,
        "provider": provider_of(metadata) if kind == "model" else None,
        "at": at // 1000,
        "input": content.fragment,
        "tools": offered.fragment if offered.json.startswith(b"[") else NO_TOOLS.fragment,
        "parameters": (NO_PARAMETERS if parameters.is_cut else parameters).fragment,
        "cut": cut,
    }
    return {"call_id": str(call.id), "start": start}


def _gone_on(call: _Call, text: str, first_token_at: int | None) -> dict[str, Any]:
    change: dict[str, Any] = {"call_id": str(call.id), "text": text}
    if first_token_at is not None:
        change["first_token_at"] = first_token_at
    return change


def _ended(call: _Call, at: int, content: Content, response: Any, message: Any) -> dict[str, Any]:
    usage = usage_of(response, message)
    end = {"at": at, "output": content.fragment, "usage": usage, "error": None, "cut": content.is_cut}
    return {"call_id": str(call.id), "end": end}


def _failed(call: _Call, at: int, error: str) -> dict[str, Any]:
    change: dict[str, Any] = {"call_id": str(call.id)}
    if call.parts:
        change["text"] = "".join(call.parts)
    change["end"] = {"at": at, "output": None, "usage": None, "error": error, "cut": False}
    return change


def _arguments(args: Sequence[Any], kwargs: Mapping[str, Any], second: str) -> tuple[Any, Any]:
    """The first two of a method: what describes what is called, and what it is called with."""
    serialized = args[0] if args else kwargs.get("serialized")
    return serialized, args[1] if len(args) > 1 else kwargs[second]


def _now() -> int:
    return time.time_ns() // 1000


def _place(metadata: Mapping[str, Any]) -> tuple[str, str | None]:
    """The namespace of the graph, and the task in it, that made a call."""
    place = metadata.get("langgraph_checkpoint_ns")
    if not isinstance(place, str) or not place:
        return "", None
    namespace, _, task = place.rpartition("|")
    return namespace, task.rpartition(":")[2] or None
