"""Where langchain tells of calls of models, tools and retrievers, the run that makes them hears of it.

langchain has handlers for this. One that is handed down from the graph would hear of every node and every step of a chain too,
and one that is added to a call has langchain dispatch all that happens in it, which it does not do for nobody: either costs more
than all that is recorded. So what is listened to are the methods by which a call tells of its start and its end.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from lgx_worker.traced_calls import TracedCalls
from lgx_worker.versions import installed_versions

if TYPE_CHECKING:
    from lgx_worker.run_news import RunNews

_STARTS = {
    "on_chat_model_start": "begin_model",
    "on_llm_start": "begin_model",
    "on_tool_start": "begin_tool",
    "on_retriever_start": "begin_retriever",
}
"""By method of a callback manager, which one of `TracedCalls` hears of it."""
_REST = {
    "LLM": {"on_llm_new_token": "go_on", "on_llm_end": "end_model", "on_llm_error": "fail"},
    "Tool": {"on_tool_end": "end", "on_tool_error": "fail"},
    "Retriever": {"on_retriever_end": "end", "on_retriever_error": "fail"},
}
"""The same for the managers of calls that have begun."""
_LATER = {"LLM": {"on_stream_event": "go_on_by_event"}}
"""What older versions of langchain do not have, nor need."""

_calls: ContextVar[TracedCalls | None] = ContextVar("lgx_traced_calls", default=None)


def trace_calls(news: RunNews) -> None:
    """From here on, the calls that code of this context makes are told."""
    _calls.set(TracedCalls(news))


@functools.cache
def install() -> str | None:
    """Listen to the calls of this process; or, without listening to any, what langchain does not have that this takes."""
    from langchain_core.callbacks import manager

    found = list(_places(_STARTS, _REST))
    for owner, method, _ in found:
        # Of their own: they inherit methods of these names which are those of handlers.
        if not hasattr(manager, owner) or method not in vars(getattr(manager, owner)):
            return f"langchain-core {installed_versions()['langchain_core']} has no {owner}.{method}"
    found += [place for place in _places({}, _LATER) if place[1] in vars(getattr(manager, place[0]))]
    for owner, method, hears in found:
        of_class = getattr(manager, owner)
        listening = _starting if method in _STARTS else _going_on
        setattr(of_class, method, listening(getattr(of_class, method), hears))
    return None


def _places(starts: dict[str, str], rest: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Classes of langchain, their methods, and who hears of them."""
    for prefix in ("", "Async"):
        yield from ((f"{prefix}CallbackManager", method, hears) for method, hears in starts.items())
        for kind, methods in rest.items():
            yield from ((f"{prefix}CallbackManagerFor{kind}Run", method, hears) for method, hears in methods.items())


def _starting(start: Callable[..., Any], hears: str) -> Callable[..., Any]:
    """A call starts; what the method gives is what tells of the rest of it."""

    @functools.wraps(start)
    def starting(self: Any, *args: Any, **kwargs: Any) -> Any:
        if (calls := _calls.get()) is None:
            return start(self, *args, **kwargs)
        at = time.time_ns()
        started = start(self, *args, **kwargs)
        calls.hear(hears, at, self, started, args, kwargs)
        return started

    @functools.wraps(start)
    async def starting_async(self: Any, *args: Any, **kwargs: Any) -> Any:
        if (calls := _calls.get()) is None:
            return await start(self, *args, **kwargs)
        at = time.time_ns()
        started = await start(self, *args, **kwargs)
        calls.hear(hears, at, self, started, args, kwargs)
        return started

    return starting_async if inspect.iscoroutinefunction(start) else starting


def _going_on(method: Callable[..., Any], hears: str) -> Callable[..., Any]:
    """A call goes on or ends."""

    @functools.wraps(method)
    def going_on(self: Any, *args: Any, **kwargs: Any) -> Any:
        if (calls := _calls.get()) is not None:
            calls.hear(hears, self.run_id, args[0] if args else next(iter(kwargs.values())))
        return method(self, *args, **kwargs)

    return going_on
