"""When a run begins: with its first node.

Until then nothing of the project has been executed, and another worker may do all of it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lgx_worker.calls import Call
    from lgx_worker.connection import Connection
    from lgx_worker.run_news import RunNews

MOST_MOVES = 3
"""A run that was taken back so often begins at once: it may be itself what blocks one worker after the other."""


class Beginning:
    """Tells of the first node of a graph, right before it is executed.

    The last that langgraph does of which we hear, before it gives each node a task of its own, is that it reads the thread's
    checkpoint. From there to those tasks it does not let go of the event loop. So what is put into the loop's queue then comes
    before these tasks, and behind the nodes of runs that were sent before: one of those that blocks the loop leaves this one to
    another worker. A handler of langchain's callbacks would hear of the nodes themselves, at a tenth of what a short run takes.
    """

    def __init__(self, connection: Connection, call: Call, news: RunNews) -> None:
        """The news of the run go along with what is told: its first tasks are among them."""
        self._connection = connection
        self._call = call
        self._news = news
        self._told = False

    def checkpoint_is_read(self) -> None:
        """The run's checkpointer has answered: nodes may come next."""
        if self._told:
            return
        if sys.version_info < (3, 11):  # nodes have no tasks of their own
            self.begin()
        else:
            self._news.hold()
            asyncio.get_running_loop().call_soon(self._begin_and_release)

    def pass_by(self) -> None:
        """What is read from now on is not for a node."""
        self._told = True

    def begin(self) -> None:
        """Tell, once."""
        if not self._told:
            self._told = True
            self._connection.begun(self._call.id, self._news.along())

    def _begin_and_release(self) -> None:
        self.begin()
        self._news.release()
