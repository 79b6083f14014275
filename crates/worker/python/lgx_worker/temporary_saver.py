"""The checkpointer of stateless runs: their threads go with them, so their checkpoints never leave this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from langgraph.checkpoint.memory import InMemorySaver

from lgx_worker.serializer import KeepingSerializer

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import CheckpointTuple

_SERIALIZER = KeepingSerializer()


class TemporarySaver(InMemorySaver):
    """Checkpoints of one run; `on_read` is called whenever one has been looked for."""

    def __init__(self, on_read: Callable[[], None]) -> None:
        super().__init__(serde=_SERIALIZER)
        self._on_read = on_read

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that `config` names, or the newest of its namespace."""
        found = self.get_tuple(config)
        self._on_read()
        return found
