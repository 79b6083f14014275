"""What a run executes, task by task, told to the server whoever started the run and whatever it streams.

langgraph tells of tasks in its stream mode `tasks`, with their inputs and results, to whoever asked for that mode. Asking for it
in each run would cost more than all else that is told here, and would not reach subgraphs unless these are streamed. Its loops
come by two methods when tasks start and end, also those of subgraphs; there the few words are picked up that are needed.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from lgx_worker.disclosure import client_message
from lgx_worker.versions import installed_versions

if TYPE_CHECKING:
    from lgx_worker.run_news import RunNews

MOST = 2_000
"""How many tasks of a run are told of; further ones are counted."""
_LONGEST_ERROR = 500
_HIDDEN = "langsmith:hidden"
_log = logging.getLogger("lgx")


class RunSteps:
    """The tasks of one run. Noted on any thread."""

    def __init__(self, news: RunNews) -> None:
        self._news = news
        self._started: deque[dict[str, Any]] = deque()
        self._ended: deque[dict[str, Any]] = deque()
        self._open: dict[str, dict[str, None]] = {}
        """The ids of the tasks that have not ended, by namespace."""
        self._told = 0
        self._dropped = 0
        self._is_off = False
        news.add("steps", self._take)

    def hear(self, tell: Callable[..., None], *given: Any) -> None:
        """What langgraph's loops say; whatever is wrong with it, the run goes on."""
        if self._is_off:
            return
        try:
            tell(*given)
        except Exception:  # noqa: BLE001 - other versions of langgraph may have loops that are other things
            self._is_off = True
            _log.warning("A step could not be recorded; the run goes on, and no more of its steps are.", exc_info=True)

    def begin_tasks(self, loop: Any, tasks: Iterable[Any]) -> None:
        """A loop executes these next."""
        self.begin(_namespace(loop), loop.step, tasks)

    def end_task(self, loop: Any, task_id: str, writes: Any) -> None:
        """A task of a loop has written this."""
        if (task := loop.tasks.get(task_id)) is not None:
            self.end(_namespace(loop), task_id, task.name, *_outcome(writes))

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
        if not (self._started or self._ended or self._dropped):
            return None
        dropped, self._dropped = self._dropped, 0
        return {"started": _taken(self._started), "ended": _taken(self._ended), "dropped": dropped}


def _taken(waiting: deque[dict[str, Any]]) -> list[dict[str, Any]]:
    """What waits; what comes meanwhile, on another thread, waits on."""
    return [waiting.popleft() for _ in range(len(waiting))]


_steps: ContextVar[RunSteps | None] = ContextVar("lgx_run_steps", default=None)


def tell_steps(news: RunNews) -> None:
    """From here on, what graphs of this context execute is told."""
    _steps.set(RunSteps(news))


@functools.cache
def install() -> str | None:
    """Have langgraph's loops tell of their tasks; or, without that, what langgraph does not have that this takes."""
    from langgraph.pregel import _loop

    version = installed_versions()["langgraph"]
    starting: Any = getattr(_loop, "map_debug_tasks", None)
    loop: Any = getattr(_loop, "PregelLoop", None)
    emit: Any = getattr(loop, "_emit", None)
    output: Any = getattr(loop, "output_writes", None)
    for name, found in (
        ("map_debug_tasks", starting),
        ("PregelLoop._emit", emit),
        ("PregelLoop.output_writes", output),
    ):
        if found is None:
            return f"langgraph {version} has no {name}"

    @functools.wraps(emit)
    def emitting(self: Any, mode: str, values: Any, *args: Any, **kwargs: Any) -> None:
        if values is starting and (steps := _steps.get()) is not None:
            steps.hear(steps.begin_tasks, self, args[0])
        emit(self, mode, values, *args, **kwargs)

    @functools.wraps(output)
    def outputting(self: Any, task_id: str, writes: Any, **kwargs: Any) -> None:
        if (steps := _steps.get()) is not None:
            steps.hear(steps.end_task, self, task_id, writes)
        output(self, task_id, writes, **kwargs)

    loop._emit = emitting
    loop.output_writes = outputting
    return None


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
