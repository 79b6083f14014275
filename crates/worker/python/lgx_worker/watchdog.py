"""Says which line of user code blocks the event loop, and for how long. It is a warning: the run goes on."""

from __future__ import annotations

import os
import selectors
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from lgx_worker.source_loader import is_project_path

THRESHOLD = 0.2
"""Seconds after which a step of the event loop counts as blocking."""
STUCK = 2.0
"""Seconds after which it is reported without waiting for its end."""


class BusySelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """The event loop's selector; it knows since when the loop has been doing something else than waiting."""

    busy_since: float | None = None

    def select(self, timeout: float | None = None) -> Any:
        """Wait for events; while waiting, the loop is not busy."""
        self.busy_since = None
        try:
            return super().select(timeout)
        finally:
            self.busy_since = time.monotonic()


class Watchdog:
    """A thread that looks at the event loop while there are calls to answer, and sleeps when there are none."""

    def __init__(self, selector: BusySelector, report: Callable[[str], None]) -> None:
        self._selector = selector
        self._report = report
        self._loop_thread = threading.get_ident()
        self._calls = 0
        self._working = threading.Event()
        self.root = Path()

    def start(self) -> None:
        """Begin watching the thread that called the constructor."""
        threading.Thread(target=self._watch, name="lgx-watchdog", daemon=True).start()

    def call_started(self) -> None:
        """A call is being answered."""
        self._calls += 1
        self._working.set()

    def call_ended(self) -> None:
        """It has been."""
        self._calls -= 1
        if not self._calls:
            self._working.clear()

    def _watch(self) -> None:
        while True:
            self._working.wait()
            time.sleep(THRESHOLD / 2)
            since = self._selector.busy_since
            if since is None or time.monotonic() - since < THRESHOLD:
                continue
            frame = sys._current_frames().get(self._loop_thread)
            place = self._place(frame) if frame is not None else None
            del frame
            if self._selector.busy_since != since or place is None:
                continue  # it moved on while we looked
            self._follow(since, place)

    def _follow(self, since: float, place: str) -> None:
        """Report one blocking step, once."""
        stuck = False
        while self._selector.busy_since == since:
            if not stuck and time.monotonic() - since >= STUCK:
                stuck = True
                # The event loop cannot send this: it goes through the pipe that the server reads too.
                os.write(2, f"warning: {_message(place, time.monotonic() - since, 'has blocked')}\n".encode())
            time.sleep(THRESHOLD / 10)
        self._report(_message(place, time.monotonic() - since, "blocked"))

    def _place(self, innermost: FrameType | None) -> str | None:
        """The innermost frame in the project, else in a library; None when only our own code is running."""
        library: FrameType | None = None
        frame = innermost
        while frame is not None:
            filename = frame.f_code.co_filename
            if os.path.isabs(filename):
                if is_project_path(filename):
                    return self._described(frame)
                if library is None and not filename.startswith(_QUIET):
                    library = frame
            frame = frame.f_back
        return self._described(library) if library is not None else None

    def _described(self, frame: FrameType) -> str:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(self.root):
            path = path.relative_to(self.root)
        return f"{path}:{frame.f_lineno} in {frame.f_code.co_name}"


_QUIET = (
    os.path.join(os.path.dirname(os.path.abspath(__file__)), ""),
    os.path.dirname(os.__file__) + os.sep + "asyncio",
)


def _message(place: str, seconds: float, verb: str) -> str:
    return (
        f"{place} {verb} the event loop for {seconds:.1f} s; every other run waited. Use an async call there, or wrap "
        "it in `await asyncio.to_thread(…)`, or make the node a plain `def`."
    )
