"""Whose code the event loop is executing: the run and its node, and the line of the project behind it.

The frames on the loop's thread are those of one task. Libraries hand work to tasks of their own (`gather`, task groups,
langgraph's nodes), and then no line of the project is among these frames. Who awaits such a task is told by what its end will
wake.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import sysconfig
from collections.abc import Iterable, Iterator
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path
from types import AsyncGeneratorType, FrameType
from typing import Any

from lgx_worker.blocking_call import BlockingCall, call_of
from lgx_worker.calls import Call, call_in
from lgx_worker.executing_node import config_in, config_of_node
from lgx_worker.run_context import run_of
from lgx_worker.source_loader import is_project_path

MOST_TASKS = 20
"""How many tasks that await each other are gone through, outwards."""
_DEEPEST = 4  # what wakes a task: a callback's closure, and what that calls
_OWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
_QUIET = (_OWN, os.path.dirname(asyncio.__file__) + os.sep)
_STANDARD = sysconfig.get_paths()["stdlib"] + os.sep
_HANDLE = asyncio.Handle._run.__code__


@dataclass(frozen=True)
class Line:
    """A line of code."""

    file: str
    number: int
    function: str


@dataclass(frozen=True)
class Place:
    """What blocks the loop. Two are the same if they read the same."""

    project: str | None
    """`src/agent.py:12 in act`: the line of the project that does it, or that awaits what does it."""
    library: str | None = None
    """The line of a library that does it, where the project only awaits."""
    importing: str | None = None
    """The module that is being imported, which happens once."""
    run_id: str | None = None
    node: str | None = None
    """`agent`, or `agent > tools` in a subgraph."""
    line: Line | None = field(default=None, compare=False)
    """The line of `project`."""
    call: BlockingCall | None = field(default=None, compare=False)
    """What that line calls, where it does it itself."""
    answers: Call | None = field(default=None, compare=False, repr=False)
    """The call of the server that it is for."""
    authenticates: bool = field(default=False, compare=False)
    """Whether that line is in, or below, the project's authenticate handler."""
    step: object = field(default=None, compare=False, repr=False)
    """What the loop is executing. Each step of a task is another one."""

    def subject(self) -> str:
        """How it begins in a sentence: `src/agent.py:12 in act (node `act`)`."""
        node = None if self.node is None else f"node `{self.node}`"
        if self.importing is not None:
            by = ", ".join(part for part in (self.project or self.library, node) if part)
            return f"importing `{self.importing}` ({by})"
        subject = f"{self.project or self.library}" + (f" ({node})" if node else "")
        return f"{subject}, awaiting {self.library}," if self.project and self.library else subject


def find_place(innermost: FrameType, loop: asyncio.AbstractEventLoop, root: Path) -> Place | None:
    """What the loop's thread is at; None when it is only our own code. May be called from any thread."""
    frames, step = _step(innermost)
    context = getattr(step, "_context", None)
    run_id, answers = (None, None) if context is None else (run_of(context), call_in(context))
    node = node_at(frames, context)
    importing = _importing(frames)
    own = next((index for index, frame in enumerate(frames) if _is_project(frame)), None)
    if own is not None:
        frame = frames[own]
        call = call_of(frame, frames[own - 1] if own else None)
        described = describe_line(frame, root)
        authenticates = any(_is_authenticate(frame) for frame in frames)
        return Place(
            described,
            None,
            importing,
            run_id,
            node,
            line=_line(frame),
            call=call,
            answers=answers,
            authenticates=authenticates,
            step=step,
        )
    library = next((frame for frame in frames if _is_library(frame)), None)
    if library is None:
        return None
    awaiting = _awaiting_line(loop)
    project, line = (None, None) if awaiting is None else (describe_line(awaiting, root), _line(awaiting))
    library_line = describe_line(library, root)
    return Place(project, library_line, importing, run_id, node, line=line, answers=answers, step=step)


def _line(frame: FrameType) -> Line:
    return Line(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def _step(innermost: FrameType) -> tuple[list[FrameType], asyncio.Handle | None]:
    """The frames of what the loop is executing, innermost first, and what that is."""
    frames: list[FrameType] = []
    frame: FrameType | None = innermost
    while frame is not None:
        if frame.f_code is _HANDLE:
            return frames, frame.f_locals.get("self")
        frames.append(frame)
        frame = frame.f_back
    return frames, None


def node_at(frames: Iterable[FrameType], context: Context | None) -> str | None:
    """The node that is executed in a context, with these frames, as `Place.node` names it."""
    metadata = (config_in(context) or config_of_node(frames)).get("metadata") or {}
    namespace = str(metadata.get("langgraph_checkpoint_ns") or metadata.get("langgraph_node") or "")
    names = [part.partition(":")[0] for part in namespace.split("|")]
    return " > ".join(name for name in names if name and not name.isdigit()) or None


def _importing(frames: list[FrameType]) -> str | None:
    """The module that is being imported, if one is: the one that was asked for, not those that it imports."""
    for frame in reversed(frames):
        if frame.f_code.co_name == "_find_and_load" and frame.f_code.co_filename.startswith("<frozen importlib"):
            return str(frame.f_locals.get("name"))
    return None


def _is_project(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    return os.path.isabs(filename) and is_project_path(filename)


def _is_authenticate(frame: FrameType) -> bool:
    return frame.f_code.co_name == "_authenticate" and frame.f_globals.get("__name__") == "lgx_worker.auth"


def _is_library(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    return os.path.isabs(filename) and not filename.startswith(_QUIET)


def _awaiting_line(loop: asyncio.AbstractEventLoop) -> FrameType | None:
    """The line of the project that awaits the running task, through whatever tasks are between."""
    task: asyncio.Task[Any] | None = asyncio.current_task(loop)
    tasks = asyncio.all_tasks(loop)
    for _ in range(MOST_TASKS):
        task = _awaiting_task(task, tasks) if task is not None else None
        if task is None:
            return None
        line = next((frame for frame in reversed(list(suspended_lines(task))) if _is_project(frame)), None)
        if line is not None:
            return line
    return None


def _awaiting_task(task: asyncio.Task[Any], tasks: Iterable[asyncio.Task[Any]]) -> asyncio.Task[Any] | None:
    callbacks = [callback for callback, _ in getattr(task, "_callbacks", None) or ()]
    for other in tasks:
        future = getattr(other, "_fut_waiter", None)
        if future is None or other is task:
            continue
        if future is task or any(child is task for child in getattr(future, "_children", ())):
            return other
        # Who waits for another task is woken by that one, whatever this one wakes.
        if not isinstance(future, asyncio.Task) and any(_wakes(callback, future, other) for callback in callbacks):
            return other
    return None


def _wakes(thing: Any, future: Any, task: Any, depth: int = 0) -> bool:
    """Whether what is called at the end of a task has to do with a future that another task waits for."""
    if thing is future or thing is task:
        return True
    if depth == _DEEPEST or thing is None:
        return False
    further: list[Any] = []
    if isinstance(thing, functools.partial):
        further = [thing.func, *thing.args]
    elif getattr(thing, "__closure__", None):
        further = [cell.cell_contents for cell in thing.__closure__ if _is_filled(cell)]
    elif callable(thing):
        further = [getattr(thing, "__self__", None)]
    elif getattr(thing, "_parent_task", None) is task:  # a task group
        return True
    return any(_wakes(inner, future, task, depth + 1) for inner in further)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def suspended_lines(task: asyncio.Task[Any]) -> Iterator[FrameType]:
    """The lines at which a task waits, outermost first."""
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame = next((frame for name in _FRAMES if (frame := getattr(waiting, name, None)) is not None), None)
        if frame is not None:
            yield frame
            waiting = next((inner for name in _AWAITED if (inner := getattr(waiting, name, None)) is not None), None)
        else:  # the step of an asynchronous generator says only to the collector whose it is
            referents = gc.get_referents(waiting)
            waiting = next((inner for inner in referents if isinstance(inner, AsyncGeneratorType)), None)


_FRAMES = ("cr_frame", "ag_frame", "gi_frame")
_AWAITED = ("cr_await", "ag_await", "gi_yieldfrom")


def describe_line(frame: FrameType, root: Path) -> str:
    """`src/agent.py:12 in act`."""
    filename = frame.f_code.co_filename
    for part in (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}", _STANDARD, os.path.join(root, "")):
        _, found, inside = filename.rpartition(part)
        if found:
            filename = inside
            break
    function = frame.f_code.co_name
    return f"{filename}:{frame.f_lineno}" + ("" if function == "<module>" else f" in {function}")
