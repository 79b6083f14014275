"""The runs that this worker executes: who else waits when one blocks the event loop, and how such a run is made to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lgx_worker.blocking_error import BlockingError
    from lgx_worker.calls import Call


class Executing:
    """Written on the event loop, read by the watchdog's thread too."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    @contextmanager
    def run(self, run_id: str, call: Call) -> Iterator[None]:
        """This call executes a run, until its end."""
        self._calls[run_id] = call
        try:
            yield
        finally:
            del self._calls[run_id]

    def all(self) -> list[str]:
        """The ids of the runs, in the order in which they came."""
        return list(self._calls)

    def fail(self, run_id: str | None, error: BlockingError, loop: asyncio.AbstractEventLoop) -> bool:
        """End a run with an error as soon as it lets go of the event loop. False when it is not executing.

        Called from the watchdog's thread, while the run blocks the loop: what is put into the loop's queue now comes before
        anything that the run does after the step that it is in. If that step is its last, the end of the run sees the error.
        """
        call = self._calls.get(run_id) if run_id is not None else None
        if call is None:
            return False
        call.failure = error

        def stop() -> None:
            error.let_go()
            if call.task is not None:
                call.task.cancel()

        loop.call_soon_threadsafe(stop)
        return True
