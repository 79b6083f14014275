"""The calls of models, tools and retrievers that a run makes, told to the server while it goes on.

langchain tells handlers of calls. One that is handed down from the graph would hear of every node and every step of a chain
too, which costs more than all it is for. So it is added where a call starts, whoever makes the call, to the handlers of that
call alone.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.callbacks.manager import AsyncCallbackManager, CallbackManager

from lgx_worker.call_content import (
    MOST_INPUT,
    MOST_OUTPUT,
    MOST_PARAMETERS,
    MOST_TOOLS,
    Content,
    answer_of,
    model_of,
    name_of,
    parameters_of,
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
_STARTS = ("on_chat_model_start", "on_llm_start", "on_tool_start", "on_retriever_start")

_calls: ContextVar[TracedCalls | None] = ContextVar("lgx_traced_calls", default=None)
_enclosing: ContextVar[str | None] = ContextVar("lgx_enclosing_call", default=None)
"""The tool within which the code runs."""


class _Open:
    """A call that has not ended."""

    __slots__ = ("first_token", "left", "outside", "parts", "sent")

    def __init__(self, outside: str | None) -> None:
        self.outside = outside
        self.first_token = False
        self.parts: list[str] = []
        self.sent = 0.0
        self.left = MOST_OUTPUT


class TracedCalls(BaseCallbackHandler):
    """The calls of one run. Told of on any thread."""

    run_inline = True
    ignore_chain = True
    ignore_retry = True
    ignore_custom_event = True

    def __init__(self, news: RunNews) -> None:
        self._news = news
        self._changes: list[dict[str, Any]] = []
        self._open: dict[UUID, _Open] = {}
        self._told = 0
        self._bytes = 0
        self._dropped = 0
        self._lock = threading.Lock()
        news.add("calls", self._take)

    def __copy__(self) -> TracedCalls:
        return self

    def __deepcopy__(self, memo: Any) -> TracedCalls:
        return self

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[Any]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A model is asked with messages."""
        given = messages[0] if len(messages) == 1 else messages
        self._start_model(serialized, given, run_id, parent_run_id, metadata or {}, kwargs)

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A model is asked with texts."""
        given = prompts[0] if len(prompts) == 1 else prompts
        self._start_model(serialized, given, run_id, parent_run_id, metadata or {}, kwargs)

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A tool is called."""
        name = name_of(serialized, kwargs, "tool")
        given = inputs if inputs is not None else input_str
        if self._start("tool", name, given, run_id, parent_run_id, metadata or {}):
            _enclosing.set(str(run_id))

    def on_retriever_start(
        self,
        serialized: dict[str, Any],
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A retriever is asked."""
        self._start("retriever", name_of(serialized, kwargs, "retriever"), query, run_id, parent_run_id, metadata or {})

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> None:
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
        change: dict[str, Any] = {"call_id": str(run_id), "text": "".join(call.parts)}
        call.parts.clear()
        if not call.first_token:
            call.first_token = True
            change["first_token_at"] = _now()
        call.sent = now
        self._tell(change)

    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A model has answered."""
        if run_id in self._open:
            answer, message = answer_of(response)
            self._end(run_id, answer, usage=usage_of(response, message))

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool has its result."""
        self._end(run_id, output)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A retriever has found something."""
        self._end(run_id, documents)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A model has failed."""
        self._fail(run_id, error)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool has failed."""
        self._fail(run_id, error)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A retriever has failed."""
        self._fail(run_id, error)

    def _start_model(
        self,
        serialized: Mapping[str, Any],
        given: Any,
        run_id: UUID,
        parent_run_id: UUID | None,
        metadata: Mapping[str, Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        asked = {**(kwargs.get("invocation_params") or {}), **(kwargs.get("options") or {})}
        tools = asked.get("tools") or asked.get("functions") or ()
        self._start(
            "model",
            name_of(serialized, kwargs, "model"),
            given,
            run_id,
            parent_run_id,
            metadata,
            model=model_of(metadata, asked),
            tools=list(tools) if isinstance(tools, Sequence) else [],
            parameters=parameters_of(asked),
        )

    def _start(
        self,
        kind: str,
        name: str,
        given: Any,
        run_id: UUID,
        parent_run_id: UUID | None,
        metadata: Mapping[str, Any],
        *,
        model: str | None = None,
        tools: Sequence[Any] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> bool:
        with self._lock:
            if self._told >= MOST_CALLS or self._bytes >= MOST_BYTES:
                self._dropped += 1
                return False
            self._told += 1
        started = _now()
        outside = _enclosing.get()
        contents = (Content(given, MOST_INPUT), Content(tools, MOST_TOOLS), Content(parameters or {}, MOST_PARAMETERS))
        self._count(*contents)
        asked, offered, with_ = contents
        if offered.is_cut and not offered.json.startswith(b"["):
            offered = Content([], MOST_TOOLS)
        if with_.is_cut:
            with_ = Content({}, MOST_PARAMETERS)
        ns, task_id = _place(metadata)
        self._open[run_id] = _Open(outside)
        parent = str(parent_run_id) if parent_run_id in self._open else outside
        start = {
            "parent_call_id": parent,
            "task_id": task_id,
            "node": metadata.get("langgraph_node"),
            "ns": ns,
            "kind": kind,
            "name": name,
            "model": model,
            "at": started,
            "input": asked.fragment,
            "tools": offered.fragment,
            "parameters": with_.fragment,
            "cut": any(content.is_cut for content in contents),
        }
        self._tell({"call_id": str(run_id), "start": start})
        return True

    def _end(self, run_id: UUID, output: Any, *, usage: dict[str, int] | None = None) -> None:
        if (call := self._open.pop(run_id, None)) is None:
            return
        self._leave(run_id, call)
        content = Content(output, MOST_OUTPUT)
        self._count(content)
        end = {"at": _now(), "output": content.fragment, "usage": usage, "error": None, "cut": content.is_cut}
        self._tell({"call_id": str(run_id), "end": end})

    def _fail(self, run_id: UUID, error: BaseException) -> None:
        if (call := self._open.pop(run_id, None)) is None:
            return
        self._leave(run_id, call)
        change: dict[str, Any] = {"call_id": str(run_id)}
        if call.parts:
            change["text"] = "".join(call.parts)
        change["end"] = {"at": _now(), "output": None, "usage": None, "error": one_line(error), "cut": False}
        self._tell(change)

    def _leave(self, run_id: UUID, call: _Open) -> None:
        if _enclosing.get() == str(run_id):
            _enclosing.set(call.outside)

    def _count(self, *contents: Content) -> None:
        with self._lock:
            self._bytes += sum(len(content.json) for content in contents)

    def _tell(self, change: dict[str, Any]) -> None:
        self._changes.append(change)
        self._news.soon()

    def _take(self) -> dict[str, Any] | None:
        changes, self._changes = self._changes, []
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return {"changes": changes, "dropped": dropped} if changes or dropped else None


def trace_calls(news: RunNews) -> None:
    """From here on, the calls that code of this context makes are told."""
    _calls.set(TracedCalls(news))


@functools.cache
def install() -> None:
    """Have langchain tell of calls where they start."""
    for manager in (CallbackManager, AsyncCallbackManager):
        for name in _STARTS:
            if (start := getattr(manager, name, None)) is not None:
                setattr(manager, name, _telling(start))


def _telling(start: Any) -> Any:
    @functools.wraps(start)
    def starting(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls = _calls.get()
        if calls is not None and calls not in self.handlers:
            self.add_handler(calls, inherit=False)
        return start(self, *args, **kwargs)

    return starting


def _now() -> int:
    return time.time_ns() // 1000


def _place(metadata: Mapping[str, Any]) -> tuple[str, str | None]:
    """The namespace of the graph, and the task in it, that made a call."""
    place = metadata.get("langgraph_checkpoint_ns")
    if not isinstance(place, str) or not place:
        return "", None
    namespace, _, task = place.rpartition("|")
    return namespace, task.rpartition(":")[2] or None
