"""What to do about a node that asks langgraph for what it has only from Python 3.11 on."""

from __future__ import annotations

import platform
import sys

_ASKED_IN_VAIN = "Called get_config outside of a runnable context"
"""How `langgraph.config.get_config` puts it, which `interrupt` and its like call."""


def context_hint(exc: BaseException) -> str | None:
    """Advice for an exception of a node of an asynchronous run, as all runs here are; None when it is another one."""
    if sys.version_info >= (3, 11) or not isinstance(exc, RuntimeError) or exc.args != (_ASKED_IN_VAIN,):
        return None
    return (
        f"This is Python {platform.python_version()}; before 3.11 langgraph has no `interrupt`, `get_config`, `get_store` and "
        "`get_stream_writer` for the nodes of asynchronous runs, as all runs of a server are. Use Python 3.11 or newer. What a "
        "node gets as its parameters `config`, `runtime` and `writer` is there with 3.10 too."
    )
