"""What a run executes, task by task, told to the server whoever started the run and whatever it streams.

langgraph tells of tasks in its stream mode `tasks`, with their inputs and results, to whoever asked for that mode. Asking for it
in each run would cost more than all else that is told here, and would not reach subgraphs unless these are streamed. Its loops
come by two methods when tasks start and end, also those of subgraphs; there the few words are picked up that are needed.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from lgx_worker.disclosure import client_message

if TYPE_CHECKING:
    from lgx_worker.run_news import RunNews

MOST = 2_000
"""How many tasks of a run are told of; further ones are counted."""
_LONGEST_ERROR = 500
_HIDDEN = "langsmith:hidden"


class RunSteps:
    """The tasks of one run. Noted on any thread."""

    def __init__(self, news: RunNews) -> None:
        self._news = news
        self._started: list[dict[str, Any]] = []
        self._ended: list[dict[str, Any]] = []
        self._open: dict[str, dict[str, None]] = {}
        """The ids of the tasks that have not ended, by namespace."""
        self._told = 0
        self._dropped = 0
        news.add("steps", self._take)

    def begin(self, namespace: str, step: int, tasks: Iterable[Any]) -> None:
        """These tasks of a graph are executed next."""
        at = time.time_ns() // 1000
        for task in tasks:
            if task.writes or _is_hidden(task):  # done by an earlier run, or not for anybody to see
                continue
            if self._told >= MOST:
                self._dropped += 1
                continue
            self._told += 1
            self._open.setdefault(namespace, {})[task.id] = None
            self._started.append({"task_id": task.id, "node": task.name, "ns": namespace, "step": step, "at": at})
        self._news.soon()

    def end(self, namespace: str, task_id: str, name: str, status: str, error: str | None) -> None:
        """A task has come to its end, and with it what it has executed of subgraphs."""
        if (tasks := self._open.get(namespace)) is None or task_id not in tasks:
            return
        at = time.time_ns() // 1000
        if len(self._open) > 1:
            self._end_within(f"{namespace}|{name}:{task_id}" if namespace else f"{name}:{task_id}", status, at)
        del tasks[task_id]
        if not tasks:
            del self._open[namespace]
        self._ended.append({"task_id": task_id, "at": at, "status": status, "error": error})
        self._news.soon()

    def _end_within(self, parent: str, status: str, at: int) -> None:
        """What a task leaves open of its subgraphs: a command to the parent ends a node without a word."""
        status = status if status == "success" else "cancelled"
        for namespace in [name for name in self._open if name == parent or name.startswith(f"{parent}|")]:
            for task_id in self._open.pop(namespace):
                self._ended.append({"task_id": task_id, "at": at, "status": status, "error": None})

    def _take(self) -> dict[str, Any] | None:
        started, self._started = self._started, []
        ended, self._ended = self._ended, []
        dropped, self._dropped = self._dropped, 0
        if not (started or ended or dropped):
            return None
        return {"started": started, "ended": ended, "dropped": dropped}


_steps: ContextVar[RunSteps | None] = ContextVar("lgx_run_steps", default=None)


def tell_steps(steps: RunSteps) -> None:
    """From here on, what graphs of this context execute is told."""
    _steps.set(steps)


@functools.cache
def install() -> None:
    """Have langgraph's loops tell of their tasks. Other versions of langgraph may not have them as here: then nothing is told."""
    from langgraph.pregel import _loop

    loop = getattr(_loop, "PregelLoop", None)
    starting = getattr(_loop, "map_debug_tasks", None)
    emit = getattr(loop, "_emit", None)
    output = getattr(loop, "output_writes", None)
    if loop is None or starting is None or emit is None or output is None:
        return

    @functools.wraps(emit)
    def emitting(self: Any, mode: str, values: Any, *args: Any, **kwargs: Any) -> None:
        if values is starting and (steps := _steps.get()) is not None:
            steps.begin(_namespace(self), self.step, args[0])
        emit(self, mode, values, *args, **kwargs)

    @functools.wraps(output)
    def outputting(self: Any, task_id: str, writes: Any, **kwargs: Any) -> None:
        if (steps := _steps.get()) is not None and (task := self.tasks.get(task_id)) is not None:
            steps.end(_namespace(self), task_id, task.name, *_outcome(writes))
        output(self, task_id, writes, **kwargs)

    loop._emit = emitting
    loop.output_writes = outputting


def _namespace(loop: Any) -> str:
    return "|".join(loop.checkpoint_ns)


def _is_hidden(task: Any) -> bool:
    return task.config is not None and _HIDDEN in (task.config.get("tags") or ())


def _outcome(writes: Any) -> tuple[str, str | None]:
    """How a task ended, from what it wrote: its status, and the error in one line."""
    for channel, value in writes:
        if channel == "__interrupt__":
            return "interrupted", None
        if channel == "__error__":
            if isinstance(value, asyncio.CancelledError):
                return "cancelled", None
            return "error", one_line(value)
    return "success", None


def one_line(error: Any) -> str:
    """`ValueError: kaboom`, as far as clients may see it."""
    if not isinstance(error, BaseException):
        return str(error)[:_LONGEST_ERROR]
    name, message = type(error).__name__, client_message(error).strip().partition("\n")[0]
    return f"{name}: {message}"[:_LONGEST_ERROR] if message else name
