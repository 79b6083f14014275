"""When a run begins: with its first node.

Until then nothing of the project has been executed, and another worker may do all of it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

MOST_MOVES = 3
"""A run that was taken back so often begins at once: it may be itself what blocks one worker after the other."""


class Beginning(BaseCallbackHandler):
    """Tells of the first node of a graph, right before it is executed.

    langgraph gives a node a task of its own, right after it has called us. What we put in the event loop's queue comes
    before that task, and behind the nodes of runs that were sent before: one of those that blocks the loop leaves this
    one to another worker.
    """

    run_inline = True
    ignore_llm = ignore_chat_model = ignore_agent = ignore_retriever = ignore_retry = ignore_custom_event = True

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._told = False

    def on_chain_start(self, serialized: Any, inputs: Any, *, parent_run_id: UUID | None = None, **kwargs: Any) -> None:
        """Called for the graph itself, which has no parent, and then for each of its nodes."""
        if parent_run_id is None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # in a thread
            self.begin()
            return
        if sys.version_info < (3, 11):  # nodes have no tasks of their own
            self.begin()
        else:
            loop.call_soon(self.begin)

    def begin(self) -> None:
        """Tell, once."""
        if not self._told:
            self._told = True
            self._tell()
