"""Heads of answers whose bodies let wait for themselves: a head waits a moment for its body, to go with it in one frame."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lgx_worker.app_http import HttpExchange

_PATIENCE = 0.01
"""Seconds that a head waits."""


class LateHeads:
    """Those that wait, with one timer for all: most answers give their body in the same step, and need none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: dict[HttpExchange, float] = {}
        """When each is sent by itself, the earliest first."""
        self._timer: asyncio.TimerHandle | None = None

    def add(self, exchange: HttpExchange) -> None:
        """Send the head of this answer by itself, unless `discard` comes before that."""
        due = self._loop.time() + _PATIENCE
        self._due[exchange] = due
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._send)

    def discard(self, exchange: HttpExchange) -> None:
        """The head has been sent."""
        self._due.pop(exchange, None)

    def _send(self) -> None:
        self._timer = None
        now = self._loop.time()
        for exchange, due in list(self._due.items()):
            if due > now:
                self._timer = self._loop.call_at(due, self._send)
                return
            del self._due[exchange]
            exchange.send_head()
