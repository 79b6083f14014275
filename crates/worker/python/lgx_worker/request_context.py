"""Which request to the project's app the running code belongs to; it follows tasks and threads, as context variables do."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

_pass: ContextVar[Callable[[], str | None] | None] = ContextVar("lgx_request_pass", default=None)


def attribute_to_request(its_pass: Callable[[], str | None]) -> None:
    """From here on, what this context asks the server it asks on behalf of a request, as long as that has a pass."""
    _pass.set(its_pass)


def current_pass() -> str | None:
    """The pass of the request; None outside of requests, and once the request is over."""
    its_pass = _pass.get()
    return None if its_pass is None else its_pass()
