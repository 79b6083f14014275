"""Which node, and which task of the graph, the running code belongs to: as langgraph says in the config of the node's context."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextvars import Context, ContextVar
from types import FrameType
from typing import Any

_RUNS_NODE = "arun_with_retry"


def current_task() -> tuple[str | None, str | None]:
    """The innermost node that the running code belongs to and its task's id, or None twice outside of nodes.

    Before Python 3.11 it is known of asynchronous nodes themselves, and not in threads.
    """
    variable = _config_variable()
    config = variable.get() if variable is not None else None
    if config is None and sys.version_info < (3, 11):
        config = config_of_node(_outwards(sys._getframe(1)))
    metadata = (config or {}).get("metadata") or {}
    task = str(metadata.get("langgraph_checkpoint_ns") or "").rpartition("|")[2]
    return metadata.get("langgraph_node"), task.rpartition(":")[2] or None


def config_in(context: Context | None) -> Mapping[str, Any] | None:
    """The config of the innermost node, or whatever else of langchain, that another context belongs to."""
    variable = _config_variable()
    return context.get(variable) if context is not None and variable is not None else None


def config_of_node(frames: Iterable[FrameType]) -> Mapping[str, Any]:
    """The config of the innermost node among the frames: before Python 3.11 langgraph cannot give asynchronous nodes theirs as
    a variable of their context.
    """
    for frame in frames:
        if frame.f_code.co_name == _RUNS_NODE and frame.f_globals.get("__name__") == "langgraph.pregel._retry":
            return getattr(frame.f_locals.get("task"), "config", None) or {}
    return {}


def _config_variable() -> ContextVar[Any] | None:
    # Not imported: the first line may be printed long before langchain is.
    module = sys.modules.get("langchain_core.runnables.config")
    return getattr(module, "var_child_runnable_config", None)


def _outwards(frame: FrameType | None) -> Iterable[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
