"""Says where loading is when it takes long: the line of the project, and the line of a library that this one waits in.

A thread looks at the one that imports, and at the task that starts the project's app up. C code that holds the interpreter keeps
it from looking; then the interpreter's own watchdog, which needs no interpreter, writes the lines into the file that the server
reads.
"""

from __future__ import annotations

import asyncio
import faulthandler
import linecache
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from lgx_worker import children
from lgx_worker.blocked_place import describe_line, suspended_lines
from lgx_worker.diagnostics import is_machinery
from lgx_worker.source_loader import is_project_path

KIND = "LoadTimeout"
_WITHOUT_THE_INTERPRETER = 0.25
"""Seconds that the thread has to say it before the interpreter's own watchdog does."""


@contextmanager
def watched(
    patience_ms: int | None,
    root: Path,
    tell: Callable[[dict[str, Any]], None],
    starting: Callable[[], asyncio.Task[Any] | None] = lambda: None,
) -> Iterator[None]:
    """Tell where this thread is, once, if it is in this block for longer than that; `starting` gives the task that it waits for,
    if there is one.
    """
    if patience_ms is None:
        yield
        return
    patience = patience_ms / 1000
    loading = threading.get_ident()

    def look() -> None:
        frame, task = sys._current_frames().get(loading), starting()
        if task is not None:
            tell({"still_at": diagnose_start(task, frame, patience, root)})
        elif frame is not None:
            tell({"still_at": _diagnosis(_outwards(frame), f"not loaded after {patience:g} s", root)})
        faulthandler.cancel_dump_traceback_later()

    timer = threading.Timer(patience, look)
    timer.name, timer.daemon = "lgx-load-watch", True
    report = children.crash_file()
    if report is not None:
        faulthandler.dump_traceback_later(patience + _WITHOUT_THE_INTERPRETER, file=report)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if report is not None:
            faulthandler.cancel_dump_traceback_later()


def diagnose_start(task: asyncio.Task[Any], executing: FrameType | None, patience: float, root: Path) -> dict[str, Any]:
    """The Diagnostic of a lifespan that has not started up after so many seconds: where its thread is, if that is at a line of
    the project, else where its task waits.
    """
    frames = [] if executing is None else list(_outwards(executing))
    if not any(map(_is_project, frames)):
        frames = list(suspended_lines(task))[::-1]
    return _diagnosis(frames, f"the app's lifespan has not started up after {patience:g} s", root)


def _diagnosis(innermost_first: Iterable[FrameType], message: str, root: Path) -> dict[str, Any]:
    """The Diagnostic of code that is at these frames."""
    frames = [frame for frame in innermost_first if not is_machinery(frame.f_code.co_filename)]
    own = next((frame for frame in frames if _is_project(frame)), None)
    place = own or next(iter(frames), None)
    if own is not None and own is not frames[0]:
        message += f"; it is in {describe_line(frames[0], root)}"
    lines = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in reversed(frames))
    return {
        "type": KIND,
        "message": message,
        **_described(place),
        "traceback": "Traceback (most recent call last):\n" + "".join(lines.format()).rstrip("\n") if lines else "",
        "hint": None,
    }


def _outwards(innermost: FrameType) -> Iterator[FrameType]:
    frame: FrameType | None = innermost
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_project(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    return os.path.isabs(filename) and is_project_path(filename)


def _described(frame: FrameType | None) -> dict[str, Any]:
    if frame is None:
        return {"file": None, "line": None, "column": None, "source": None, "function": None}
    file, line = frame.f_code.co_filename, frame.f_lineno
    return {
        "file": file,
        "line": line,
        "column": None,
        "source": linecache.getline(file, line, frame.f_globals).rstrip("\n") or None,
        "function": frame.f_code.co_name,
    }
