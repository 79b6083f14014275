"""The error of a run that blocked the event loop where that is forbidden."""

from __future__ import annotations

import linecache
import time
from typing import Any

from lgx_worker.blocked_place import Place
from lgx_worker.blocking_remedies import remedy


class BlockingError(RuntimeError):
    """As a client sees it: the line, for how long, and what to do instead."""

    def __init__(self, place: Place, began: float) -> None:
        super().__init__()
        self._place = place
        self._began = began
        self._seconds: float | None = None

    def let_go(self) -> float:
        """The block is over; how many seconds it took. The first call decides."""
        if self._seconds is None:
            self._seconds = time.monotonic() - self._began
        return self._seconds

    def __str__(self) -> str:
        return f"{self._place.subject()} blocked the event loop for {self.let_go():.1f} s. {remedy(self._place)}"

    def diagnostic(self) -> dict[str, Any]:
        """As the developer sees it: the place is a line that was executed, not one that raised."""
        line = self._place.line
        source = linecache.getline(line.file, line.number).rstrip("\n") if line is not None else ""
        return {
            "type": type(self).__name__,
            "message": str(self),
            "file": None if line is None else line.file,
            "line": None if line is None else line.number,
            "column": None,
            "source": source or None,
            "function": None if line is None else line.function,
            "traceback": "",
            "hint": "Without --forbid-blocking this is a warning.",
        }
