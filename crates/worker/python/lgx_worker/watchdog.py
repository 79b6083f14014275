"""Says which line of user code blocks the event loop, and for how long.

It is a warning, and the run goes on; unless `--allow-blocking` wants to hear nothing of it, or `--forbid-blocking` makes it
an error. A warning is about one turn of the loop, which may have had the steps of many tasks. An error is about one step of
one task: it alone has to be too long, and it is the run that the step belongs to that fails.

The server takes calls that wait from a worker which is blocked and sends them to another one. The call that blocks it would
block that one next, so the server is told which it is: such a call stays.

A turn in which a debugger is attached blocks for as long as a person thinks, and says nothing about the code.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lgx_worker.attached_debugger import is_attached
from lgx_worker.block_report import LONG_IMPORT, STUCK, Wording, level
from lgx_worker.blocked_place import Place, find_place
from lgx_worker.blocking_error import BlockingError
from lgx_worker.calls import Call
from lgx_worker.worker import Worker

THRESHOLD = 0.2
"""Seconds after which a step of the event loop counts as blocking."""
HOLDS_UP = 1.0
"""Seconds after which the call that such a step is for is the one that blocks. Long before the server takes calls back."""
_OFTEN = THRESHOLD / 10
_LINGER = 2.0
"""Seconds without a call after which the watchdog sleeps. Waking it takes the interpreter from the call that does it, so that
is not done for each one of many."""

Report = Callable[[str, str, "str | None"], None]
"""Takes a level, a text, and the id of the run that it is about; called on the watchdog's thread."""


class BusySelector(selectors.DefaultSelector):
    """The event loop's selector; it knows since when the loop has been doing something else than waiting."""

    busy_since: float | None = None

    def select(self, timeout: float | None = None) -> Any:
        """Wait for events; while waiting, the loop is not busy."""
        self.busy_since = None
        try:
            return super().select(timeout)
        finally:
            self.busy_since = time.monotonic()

    @contextmanager
    def not_blocked(self) -> Iterator[None]:
        """The loop stands still for a good reason: a person is asked."""
        was_busy = self.busy_since is not None
        self.busy_since = None
        try:
            yield
        finally:
            self.busy_since = time.monotonic() if was_busy else None


class Watchdog:
    """A thread that looks at the event loop while there are calls to answer, and sleeps when there are none."""

    def __init__(self, worker: Worker, loop: asyncio.AbstractEventLoop, selector: BusySelector, report: Report) -> None:
        self._worker = worker
        self._loop = loop
        self._selector = selector
        self._report = report
        self._wording = Wording()
        self._loop_thread = threading.get_ident()
        self._calls = 0
        self._working = threading.Event()

    def start(self) -> None:
        """Begin watching the thread that called the constructor."""
        threading.Thread(target=self._watch, name="lgx-watchdog", daemon=True).start()

    def call_started(self) -> None:
        """A call is being answered."""
        self._calls += 1
        if not self._working.is_set():
            self._working.set()

    def call_ended(self) -> None:
        """It has been."""
        self._calls -= 1

    def _watch(self) -> None:
        last_call = 0.0
        debugged: float | None = None  # when the turn began in which a debugger was seen
        while True:
            now = time.monotonic()
            if self._calls:
                last_call = now
            elif now - last_call > _LINGER:
                self._working.clear()
                if not self._calls:  # else one has come before it could see that it has to wake us
                    self._working.wait()
                last_call = time.monotonic()
            forbidden = self._worker.blocking == "forbid"
            # What is an error must not depend on when we look.
            time.sleep(_OFTEN if forbidden else THRESHOLD / 2)
            since = self._selector.busy_since
            patience = 2 * _OFTEN if forbidden else THRESHOLD
            if is_attached():
                debugged = since
            if self._calls and since is not None and since != debugged and time.monotonic() - since >= patience:
                self._follow(since)

    def _follow(self, since: float) -> None:
        """Watch one turn of the loop to its end, and report it once: when it is over, or when it seems not to end."""
        forbidden = self._worker.blocking == "forbid"
        seen: Counter[Place] = Counter()
        culprit = Culprit()
        held_up = HoldUp()
        told: Place | None = None
        executing: list[str] = []
        look_at = since
        while self._selector.busy_since == since:
            if is_attached():
                return
            now = time.monotonic()
            if now >= look_at:
                look_at = now + (_OFTEN if forbidden else THRESHOLD)
                place = self._look()
                if self._selector.busy_since != since:
                    break  # it moved on while we looked
                if place is not None and (call := held_up.found(place, now)) is not None:
                    self._worker.connection.begun(call.id)
                if place is not None and (told is None or forbidden):
                    seen[place] += 1
                    executing = self._worker.executing.all()
                    if forbidden and culprit.found(place, now):
                        error = BlockingError(place, culprit.since)
                        culprit.failed = self._worker.executing.fail(place.run_id, error, self._loop)
                    likely = _likeliest(seen)
                    if told is None and now - since >= (LONG_IMPORT if likely.importing else STUCK):
                        told = likely
                        self._tell("warning", self._wording.stuck(told, now - since, executing), told)
            time.sleep(_OFTEN)
        seconds = time.monotonic() - since
        if told is not None:
            self._tell("info", self._wording.over(told, seconds), told)
        elif seen and seconds >= THRESHOLD and not culprit.failed:
            place = _likeliest(seen)
            self._tell(level(place, seconds), self._wording.blocked(place, seconds, executing), place)

    def _look(self) -> Place | None:
        frame = sys._current_frames().get(self._loop_thread)
        try:
            return find_place(frame, self._loop, self._worker.root) if frame is not None else None
        except Exception:  # noqa: BLE001 - the loop goes on while we look: what we look at may change under our eyes
            return None
        finally:
            del frame

    def _tell(self, level: str, text: str, place: Place) -> None:
        self._report("debug" if self._worker.blocking == "allow" else level, text, place.run_id)


class Culprit:
    """The step that has been found executing again and again, if it is one that a run can be blamed for."""

    def __init__(self) -> None:
        self._step: object = None
        self.since = 0.0
        """When it was first found: it has been executing for longer."""
        self.failed = False
        """Whether its run has been made to fail for it."""

    def found(self, place: Place, now: float) -> bool:
        """Note where the loop was found. True when that is to be an error, and has not been one before."""
        if place.step is not self._step:
            self._step, self.since, self.failed = place.step, now, False
        # An import happens once, and what no line of the project does or awaits nobody can change.
        blames = place.project is not None and place.importing is None and place.run_id is not None
        return blames and not self.failed and now - self.since >= THRESHOLD


class HoldUp:
    """The call whose step has been found executing again and again, if there is one."""

    def __init__(self) -> None:
        self._step: object = None
        self._since = 0.0
        self._told = False

    def found(self, place: Place, now: float) -> Call | None:
        """Note where the loop was found. The call, once for each step, when it has been at it for so long that it may stay so."""
        if place.step is not self._step:
            self._step, self._since, self._told = place.step, now, False
        if self._told or now - self._since < HOLDS_UP:
            return None
        self._told = True
        return place.answers


def _likeliest(seen: Counter[Place]) -> Place:
    """The place where the loop was found most often."""
    return seen.most_common(1)[0][0]
