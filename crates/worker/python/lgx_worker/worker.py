"""The worker as handlers see it: the connection, the project's graphs, and how to open one for an operation."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.pregel import Pregel

    from lgx_worker.connection import Connection
    from lgx_worker.loader import Graphs
    from lgx_worker.saver import RemoteSaver

Access = Literal["threads.create_run", "threads.update", "threads.read", "assistants.read"]


class Worker:
    """What every handler gets first: `async def name(worker, params, sections) -> (meta, sections)`."""

    connection: Connection
    root: Path
    """The directory of langgraph.json; set by `load`, as is what follows."""
    graphs: Graphs
    auth: Any
    """The project's `langgraph_sdk.Auth`, or None."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.auth = None

    def open_graph(
        self,
        graph_id: str,
        *,
        config: dict[str, Any],
        context: Any = None,
        user: Any = None,
        access: Access,
        saver: BaseCheckpointSaver | None = None,
    ) -> AbstractAsyncContextManager[Pregel]:
        """The compiled graph for one operation, with our saver as its checkpointer; a factory is called with `config`.

        `user` is the user object of auth (see `auth.user_object`), or None. An unknown graph, one that could not be
        loaded, and a factory that fails raise `CallFailed`.
        """
        return self.graphs.open(
            graph_id,
            config=config,
            context=context,
            user=user,
            access=access,
            saver=saver if saver is not None else self.saver(),
        )

    def saver(self, **options: Any) -> RemoteSaver:
        """A checkpointer over the protocol; options are those of `RemoteSaver`."""
        from lgx_worker.saver import RemoteSaver

        return RemoteSaver(self.connection, **options)
