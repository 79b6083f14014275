"""The lifespan of an app: what it does before the first request and after the last."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

from lgx_worker.app_scope import ASGI

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]

_LAST_WORDS = 1.0
"""Seconds that an app has to raise what it has said to have failed of."""


class LifespanFailed(Exception):
    """The app says that it cannot start, or that it could not end, and raises nothing that would say more."""


class Lifespan:
    """One call of the app, from its start to its end, in a task of its own."""

    def __init__(self, app: AsgiApp, context: contextvars.Context) -> None:
        self.state: dict[str, Any] = {}
        """What the app has put there for its requests."""
        self._app = app
        self._context = context
        self._said: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        """What the app sends, and None at its end."""
        self._asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task: asyncio.Task[BaseException | None] | None = None
        """The call, from its start to its end."""

    async def start(self) -> BaseException | None:
        """Start it up; what fails comes out. An app that knows of no lifespan has none: it gives what that app has raised."""
        self.task = self._context.copy().run(asyncio.get_running_loop().create_task, self._run())
        answer = await self._ask("lifespan.startup")
        if answer is None:
            ended, self.task = await self.task, None
            return ended
        if answer["type"] == "lifespan.startup.failed":
            raise await self._failure(self.task, answer)
        return None

    async def stop(self) -> None:
        """End it, if it was started; what fails comes out."""
        if self.task is None:
            return
        answer = await self._ask("lifespan.shutdown")
        if answer is None:
            if (error := await self.task) is not None:
                raise error
        elif answer["type"] == "lifespan.shutdown.failed":
            raise await self._failure(self.task, answer)

    async def _ask(self, kind: str) -> dict[str, Any] | None:
        """Send a message; what the app answers, or None if it ends without."""
        self._asked.put_nowait({"type": kind})
        return await self._said.get()

    async def _run(self) -> BaseException | None:
        scope = {"type": "lifespan", "asgi": dict(ASGI), "state": self.state}
        try:
            await self._app(scope, self._asked.get, self._send)
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for the app to start or to end
            return error
        finally:
            self._said.put_nowait(None)
        return None

    async def _send(self, message: Any) -> None:
        self._said.put_nowait(message)

    @staticmethod
    async def _failure(task: asyncio.Task[BaseException | None], answer: dict[str, Any]) -> BaseException:
        await asyncio.wait((task,), timeout=_LAST_WORDS)
        error = task.result() if task.done() else None
        return error or LifespanFailed(str(answer.get("message") or "its lifespan says so, without a reason"))
