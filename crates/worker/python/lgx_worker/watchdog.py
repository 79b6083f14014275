"""Says which line of user code blocks the event loop, and for how long. It is a warning: the run goes on."""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lgx_worker.blocked_place import Place, find_place

THRESHOLD = 0.2
"""Seconds after which a step of the event loop counts as blocking."""
STUCK = 2.0
"""Seconds after which it is reported without waiting for its end."""
LONG_IMPORT = 10.0
"""Seconds after which an import is worth a warning. A shorter one is told at level debug: it happens once."""

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

    def __init__(self, loop: asyncio.AbstractEventLoop, selector: BusySelector, report: Report) -> None:
        self._loop = loop
        self._selector = selector
        self._report = report
        self._wording = Wording()
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
            if since is not None and time.monotonic() - since >= THRESHOLD:
                self._follow(since)

    def _follow(self, since: float) -> None:
        """Watch one step of the loop to its end, and report it once: when it is over, or when it seems not to end."""
        seen: Counter[Place] = Counter()
        told: Place | None = None
        look_at = since
        while self._selector.busy_since == since:
            now = time.monotonic()
            if told is None and now >= look_at:
                look_at = now + THRESHOLD
                place = self._look()
                if self._selector.busy_since != since:
                    break  # it moved on while we looked
                if place is not None:
                    seen[place] += 1
                    likely = _likeliest(seen)
                    if now - since >= (LONG_IMPORT if likely.importing else STUCK):
                        told = likely
                        self._report("warning", self._wording.stuck(told, now - since), told.run_id)
            time.sleep(THRESHOLD / 10)
        seconds = time.monotonic() - since
        if told is not None:
            self._report("info", self._wording.over(told, seconds), told.run_id)
        elif seen:
            place = _likeliest(seen)
            self._report(level(place, seconds), self._wording.blocked(place, seconds), place.run_id)

    def _look(self) -> Place | None:
        frame = sys._current_frames().get(self._loop_thread)
        try:
            return find_place(frame, self._loop, self.root) if frame is not None else None
        except Exception:  # noqa: BLE001 - the loop goes on while we look: what we look at may change under our eyes
            return None
        finally:
            del frame


class Wording:
    """How blocks are told: what to do about one is said once for each place."""

    def __init__(self) -> None:
        self._advised: set[str | None] = set()

    def blocked(self, place: Place, seconds: float) -> str:
        """A block that is over."""
        return f"{_subject(place)} blocked the event loop for {seconds:.1f} s{self._advice(place, 'waited')}"

    def stuck(self, place: Place, seconds: float) -> str:
        """A block that goes on."""
        subject, advice = _subject(place), self._advice(place, "waits")
        return f"{subject} has blocked the event loop for {seconds:.1f} s and goes on{advice}"

    def over(self, place: Place, seconds: float) -> str:
        """The end of a block that has been told."""
        return f"{_subject(place)} let go of the event loop after {seconds:.1f} s"

    def _advice(self, place: Place, waits: str) -> str:
        about = place.importing or place.project or place.library
        if about in self._advised:
            return ""
        self._advised.add(about)
        consequence = f"; every other run {waits}."
        if place.importing is not None:
            return f"{consequence} Import it at the top of a module: then it is loaded before the first run."
        if place.project is None:
            return consequence
        node = ", or make the node a plain `def`" if place.node is not None else ""
        if place.library is not None:
            return f"{consequence} What it awaits does not yield: call that in a thread with `asyncio.to_thread`{node}."
        return f"{consequence} Use an async call there, or wrap it in `await asyncio.to_thread(…)`{node}."


def level(place: Place, seconds: float) -> str:
    """How closely one has to look to be told of a block that is over: what nobody can change is for level debug."""
    if place.importing is not None:
        return "debug"
    return "warning" if place.project is not None or seconds >= STUCK else "debug"


def _likeliest(seen: Counter[Place]) -> Place:
    """The place where the loop was found most often."""
    return seen.most_common(1)[0][0]


def _subject(place: Place) -> str:
    node = None if place.node is None else f"node `{place.node}`"
    if place.importing is not None:
        by = ", ".join(part for part in (place.project or place.library, node) if part)
        return f"importing `{place.importing}` ({by})"
    subject = f"{place.project or place.library}" + (f" ({node})" if node else "")
    return f"{subject}, awaiting {place.library}," if place.project and place.library else subject
