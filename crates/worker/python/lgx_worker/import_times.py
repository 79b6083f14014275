"""How long the project's own modules took to be imported, each without those that it imports of the project."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

MOST_TOLD = 5

_running: list[float] = []
"""Seconds that modules took which the one being imported imports, for each that is being imported."""
_took: dict[str, float] = {}


@contextmanager
def timed(file: str) -> Iterator[None]:
    """The module of this file is executed meanwhile."""
    began = time.perf_counter()
    _running.append(0.0)
    try:
        yield
    finally:
        whole = time.perf_counter() - began
        _took[file] = _took.get(file, 0.0) + whole - _running.pop()
        if _running:
            _running[-1] += whole


def slowest() -> list[tuple[str, float]]:
    """The files that took the longest, with their milliseconds, the longest first."""
    ordered = sorted(_took.items(), key=lambda item: item[1], reverse=True)
    return [(file, round(seconds * 1000, 1)) for file, seconds in ordered[:MOST_TOLD]]
