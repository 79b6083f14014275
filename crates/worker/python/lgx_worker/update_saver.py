"""The checkpointer of updates: what an update writes reaches the server as a whole, so that no death can leave a part of it.

langgraph stores an update in steps: the writes of the node that it is made as, upon the checkpoint that was there; the checkpoint
that comes of them; what is to be sent to other nodes, upon that one. Of the first step alone the state would show what the update
wrote, until the next run lets go of it; without the last one, nodes would be forgotten that the update was to bring about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lgx_worker.frames import MAX_LENGTH, MAX_SECTIONS
from lgx_worker.saver import Blobs, RemoteSaver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import CheckpointTuple

    from lgx_worker.connection import Connection, ServerMethod

_KINDS = {"checkpoint.put": "put", "checkpoint.put_writes": "put_writes"}


class UpdateSaver(RemoteSaver):
    """Holds writes back until something is read: then the superstep that they are of has been made."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._held: list[_Write] = []

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that `config` names, once what was written before is stored."""
        await self._store()
        return await super().aget_tuple(config)

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """`aget_tuple` for synchronous code."""
        self._store_sync()
        return super().get_tuple(config)

    async def alist(self, config: RunnableConfig | None, **query: Any) -> AsyncIterator[CheckpointTuple]:
        """The checkpoints that match, once what was written before is stored."""
        await self._store()
        async for found in super().alist(config, **query):
            yield found

    def list(self, config: RunnableConfig | None, **query: Any) -> Iterator[CheckpointTuple]:
        """`alist` for synchronous code."""
        self._store_sync()
        return super().list(config, **query)

    async def _send(self, method: ServerMethod, params: dict[str, Any], sections: Blobs) -> None:
        self._send_sync(method, params, sections)

    def _send_sync(self, method: ServerMethod, params: dict[str, Any], sections: Blobs) -> None:
        del params["run_id"]
        self._held.append(_Write({_KINDS[method]: params}, sections))

    async def _store(self) -> None:
        for params, sections in self._take():
            await self.connection.call("checkpoint.put_update", params, sections)

    def _store_sync(self) -> None:
        for params, sections in self._take():
            self.connection.call_sync("checkpoint.put_update", params, sections)

    def _take(self) -> Iterator[tuple[dict[str, Any], Blobs]]:
        """What is held, as one message, or as few as it fits into."""
        held, self._held = self._held, []
        while held:
            message = [held.pop(0)]
            while held and _fit([*message, held[0]]):
                message.append(held.pop(0))
            yield (
                {"writes": [write.described for write in message]},
                [blob for write in message for blob in write.sections],
            )


class _Write(NamedTuple):
    described: dict[str, Any]
    sections: Blobs


def _fit(writes: Sequence[_Write]) -> bool:
    """Whether they fit into one message, with room for what describes them."""
    length = sum(len(blob) for write in writes for blob in write.sections)
    return length <= MAX_LENGTH // 2 and sum(len(write.sections) for write in writes) <= MAX_SECTIONS
