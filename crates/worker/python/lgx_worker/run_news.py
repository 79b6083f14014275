"""What a run tells of itself beside its events, on its way to the server: its steps, and the calls that it makes.

News that come within a short time share a frame. They have the credit of the run's stream, and wait without it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lgx_worker.encode import to_json

if TYPE_CHECKING:
    from lgx_worker.calls import Call

_PAUSE = 0.1
"""Between two frames, in seconds."""

Part = Callable[[], Any]
"""Gives the news that there are since the last time, or None."""


class RunNews:
    """The news of one run. Told of on any thread, sent on the event loop."""

    def __init__(self, call: Call, loop: asyncio.AbstractEventLoop) -> None:
        self._call = call
        self._loop = loop
        self._thread = threading.get_ident()
        self._parts: dict[str, Part] = {}
        self._is_held = False
        self._is_due = False
        self._is_over = False
        self._last_sent = 0.0
        call.on_credit = self.soon

    def add(self, name: str, part: Part) -> None:
        """From now on the news of this part are sent under this name."""
        self._parts[name] = part

    def soon(self) -> None:
        """There are news: at once if none were sent lately, so that what is told comes before what is executed."""
        if self._is_due or self._is_over:
            return
        self._is_due = True
        if self._is_held:
            return
        pause = self._last_sent + _PAUSE - time.monotonic()
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._send)
        elif pause <= 0:
            self._loop.call_soon(self._send)
        else:
            self._loop.call_later(pause, self._send)

    def hold(self) -> None:
        """Until `release`, in this round of the event loop, something else is sent that takes along what is told."""
        self._is_held = True

    def along(self) -> bytes:
        """What there is to tell, as a frame for whoever sends something else now; empty without news, or credit for them."""
        if not self._call.has_credit or (news := self._news()) is None:
            return b""
        self._last_sent = time.monotonic()
        if self._is_held:
            self._is_due = False
        return self._call.data(news)

    def release(self) -> None:
        """What nothing has taken along goes by itself."""
        self._is_held = False
        if self._is_due:
            self._send()

    async def finish(self) -> None:
        """Have sent with the answer what has not been sent."""
        self._is_over = True
        self._call.on_credit = None
        if (news := self._news()) is None:
            return
        if self._call.has_credit:
            self._call.send_last(news)
        else:
            await self._call.send(news)

    def _send(self) -> None:
        if self._is_over:
            return
        self._is_due = False
        # Without credit they wait for some, or for the end of the run.
        if self._call.has_credit and (news := self._news()):
            self._last_sent = time.monotonic()
            self._call.send_now(news)

    def _news(self) -> bytes | None:
        news = {name: told for name, part in self._parts.items() if (told := part()) is not None}
        return to_json(news) if news else None
