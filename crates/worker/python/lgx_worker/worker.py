"""The worker as handlers see it: the connection, the project's graphs, and how to open one for an operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lgx_worker.executing import Executing

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.pregel import Pregel

    from lgx_worker.auth import LoadedAuth
    from lgx_worker.connection import Connection
    from lgx_worker.graphs import Graphs
    from lgx_worker.project_app import ProjectApp
    from lgx_worker.run_news import RunNews
    from lgx_worker.saver import RemoteSaver
    from lgx_worker.store import RemoteStore

Access = Literal["threads.create_run", "threads.update", "threads.read", "assistants.read"]
Blocking = Literal["warn", "allow", "forbid"]
OnMainThread = Callable[[Callable[[], Any]], Awaitable[Any]]


async def _directly(function: Callable[[], Any]) -> Any:
    return function()


class Worker:
    """What every handler gets first: `async def name(worker, params, sections) -> (meta, sections)`."""

    connection: Connection
    root: Path
    """The directory of langgraph.json; set by `load`, as is what follows."""
    graphs: Graphs
    store: RemoteStore
    """The store of every graph."""
    auth: LoadedAuth | None
    """The project's auth, if it has any."""
    app: ProjectApp | None
    """The project's own HTTP app, if it has one."""

    def __init__(self, connection: Connection, on_main_thread: OnMainThread = _directly) -> None:
        self.connection = connection
        self.on_main_thread = on_main_thread
        """Run a function on the main thread while no event loop runs there."""
        self.loaded = False
        self.root = Path()
        self.server: dict[str, Any] = {}
        """What the metadata of every run says about the server."""
        self.auth = None
        self.app = None
        self.blocking: Blocking = "warn"
        """What becomes of code that blocks the event loop."""
        self.record: list[Callable[[RunNews], None]] = []
        """What is recorded of each run, as far as it can be."""
        self.executing = Executing()

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
        """The compiled graph for one operation, with our saver and store; a factory is called with `config`.

        `user` is the user object of auth, or None. An unknown graph and one that could not be loaded raise
        `CallFailed`; what a factory raises comes out as it is.
        """
        return self.graphs.open(
            graph_id,
            config=config,
            context=context,
            user=user,
            access=access,
            saver=saver if saver is not None else self.saver(),
            store=self.store,
        )

    def saver(self, **options: Any) -> RemoteSaver:
        """A checkpointer over the protocol; options are those of `RemoteSaver`."""
        from lgx_worker.saver import RemoteSaver

        return RemoteSaver(self.connection, **options)

    def update_saver(self) -> RemoteSaver:
        """One for an update of a state."""
        from lgx_worker.update_saver import UpdateSaver

        return UpdateSaver(self.connection)
