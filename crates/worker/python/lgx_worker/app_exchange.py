"""One request that the app answers, from the CALL to the end of what the app does about it.

The call and the app's task are two things. The call is over when the answer is there, or when the client has left; the task goes
on then, with what the app does in the background, and is never interrupted.
"""

from __future__ import annotations

import asyncio
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lgx_worker.calls import Call
from lgx_worker.diagnostics import diagnose, diagnosis, in_project
from lgx_worker.disclosure import client_message
from lgx_worker.errors import CallFailed, FrameTooLarge
from lgx_worker.frames import Bytes

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

SCOPE_KEY = "lgx.exchange"
"""Where the scope has the exchange: it comes through the app's middleware to what the server has put inside of it."""
_DISCONNECTS = (("starlette.requests", "ClientDisconnect"), ("starlette.websockets", "WebSocketDisconnect"))
_GONE = "Gone"
"""The type of the error with which the server ends what it was asked on behalf of a client that has left."""

Answer = tuple[dict[str, Any], Sequence[Bytes]]


class ClientLeft(OSError):
    """Nobody waits for the answer any more."""


class Exchange(ABC):
    """What the app sees of a request (`scope`, `receive`, `send`), and what becomes of its answer."""

    def __init__(self, worker: Worker, call: Call, params: dict[str, Any], scope: dict[str, Any]) -> None:
        self.worker = worker
        self.call = call
        self.scope = scope
        scope[SCOPE_KEY] = self
        self.user = params.get("user")
        """Who asks, as JSON, once that is known."""
        self.authenticated = self.user is not None
        """It was asked who asks."""
        self.task: asyncio.Task[None] | None = None
        """What lets the app answer."""
        self.answered = False
        """The call has been answered; all data that precedes the answer was sent before."""
        self.left = False
        """The client has."""
        self.route: str | None = None
        """The path of the app's own route that answers, as the app writes it, until it is told."""
        self._pass: str | None = params.get("pass")
        self.is_over = False
        """The answer is complete, or the client has left."""
        self._over: asyncio.Event | None = None
        """Of those who wait for that."""
        call.on_cancel = self.leave

    @abstractmethod
    async def receive(self) -> dict[str, Any]:
        """The next message for the app."""

    @abstractmethod
    async def send(self, message: dict[str, Any]) -> None:
        """Take a message of the app's."""

    @abstractmethod
    def complete(self) -> Answer | None:
        """The app has returned without having completed its answer: the rest of it, or None if there is nothing to send."""

    def current_pass(self) -> str | None:
        """What shows that the app asks the server on behalf of whoever sent this request, until it is over."""
        return None if self.left or self.answered else self._pass

    @property
    def is_left(self) -> bool:
        """Whether the client has left, in whatever way."""
        return self.left

    def leave(self) -> None:
        """The client has left; the app finds out when it looks."""
        self.left = True
        if not self.answered:
            self.answered = True
            self.worker.connection.fail(self.call, CallFailed("the call was cancelled", type="Cancelled"))
        self._end()

    async def over(self) -> None:
        """Wait until the answer is complete, or the client has left."""
        if not self.is_over:
            if self._over is None:
                self._over = asyncio.Event()
            await self._over.wait()

    def begin(self) -> bool:
        """Say that the app sees the request now; False when that is not wanted any more."""
        if self.left:
            return False
        self.worker.connection.begun(self.call.id)
        return True

    def reply(self, meta: dict[str, Any], sections: Sequence[Bytes] = ()) -> None:
        """Answer the call."""
        if self.answered:
            return
        self.answered = True
        app = self.worker.app
        self.worker.connection.answer(self.call, meta, sections, soon=app is not None and app.about_to_begin > 0)
        self._end()

    def returned(self) -> None:
        """The app has come to its end."""
        if self.left or self.answered:
            return
        if (rest := self.complete()) is not None:
            self.reply(*rest)
            return
        message = "The HTTP app returned without having completed its answer."
        self._fail(CallFailed(message, type="IncompleteAnswer", diagnostic=diagnosis("IncompleteAnswer", message)))

    def crashed(self, error: BaseException) -> None:
        """The app has raised something: the answer, if there is none yet, else for the log."""
        if self.is_left and self._is_of_leaving(error):
            self.returned()
        elif not self.left and not self.answered:
            self._fail(self._failure(error))
        else:
            what = "after its client had left" if self.left else "after its answer"
            self.worker.connection.log(crash_entry(error, self.worker, f"{self._what()} {what}"))

    def take_route(self) -> dict[str, Any]:
        """What the server is told of the route, once: with the head of the answer, or before there is none."""
        route, self.route = self.route, None
        return {} if route is None else {"route": route}

    def _fail(self, failure: CallFailed) -> None:
        if self.route is not None:
            self.call.offer(self.take_route())
        self.answered = True
        self.worker.connection.fail(self.call, failure)
        self._end()

    def _failure(self, error: BaseException) -> CallFailed:
        if isinstance(error, CallFailed):
            return error
        if isinstance(error, FrameTooLarge):
            return CallFailed(str(error), type="FrameTooLarge")
        return CallFailed(
            client_message(error), type=type(error).__name__, diagnostic=diagnose(error, self.worker.root)
        )

    def _is_of_leaving(self, error: BaseException) -> bool:
        """Whether it only says that the client has left, and is no fault of the project's."""
        kinds = (getattr(sys.modules.get(module), kind, None) for module, kind in _DISCONNECTS)
        if isinstance(error, (ClientLeft, *(kind for kind in kinds if kind is not None))):
            return True
        if isinstance(error, CallFailed) and error.type == _GONE:
            return True
        return not in_project(diagnose(error, self.worker.root), self.worker.root)

    def _what(self) -> str:
        return f"{self.scope.get('method', 'WebSocket')} {self.scope['path']}"

    def _end(self) -> None:
        self.is_over = True
        self.call.end_received()
        if self._over is not None:
            self._over.set()


def crash_entry(error: BaseException, worker: Worker, what: str) -> dict[str, Any]:
    """The LOG of something that the app has raised when nobody could be answered with it."""
    found = diagnose(error, worker.root)
    place = f"{found['file']}:{found['line']}: " if found["file"] else ""
    text = f"{place}the HTTP app failed in {what}: {found['type']}: {found['message']}"
    return log_entry("error", "\n".join(part for part in (text, found["traceback"]) if part))


def log_entry(level: str, text: str) -> dict[str, Any]:
    """A LOG of the worker's own that belongs to no run."""
    return {"run_id": None, "stream": "logging", "level": level, "logger": "lgx", "text": text}
