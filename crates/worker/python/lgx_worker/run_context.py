"""Which run the running code belongs to; it follows tasks and threads, as context variables do."""

from __future__ import annotations

from contextvars import Context, ContextVar

_run_id: ContextVar[str | None] = ContextVar("lgx_run_id", default=None)


def attribute_to_run(run_id: str) -> None:
    """From here on, output and questions of this context belong to this run."""
    _run_id.set(run_id)


def current_run() -> str | None:
    """The run, or None outside of runs."""
    return _run_id.get()


def run_of(context: Context) -> str | None:
    """The run of another context."""
    return context.get(_run_id)
