"""The checkpointer of graphs: a `BaseCheckpointSaver` whose storage is the server's."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.types import Interrupt

from lgx_worker.checkpoint_ids import follow
from lgx_worker.errors import CallFailed
from lgx_worker.serializer import SERIALIZER
from lgx_worker.unreadable import UnreadableValue

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata

    from lgx_worker.connection import Connection, ServerMethod

EMPTY = "empty"
INTERRUPT = "__interrupt__"
JAVASCRIPT = "json"
"""How langgraph in JavaScript encodes a checkpoint. This one would read it, and take the messages in it for something else."""
Sections = list[memoryview]
Blobs = list[bytes]


@dataclass
class Prefetched:
    """What the server sent along with a run: the newest root checkpoint of its thread, or that there is none."""

    thread_id: str
    meta: dict[str, Any] | None
    sections: Sections
    used: bool = False
    written: set[str] = field(default_factory=set)
    """Namespaces this run has written to; in a thread that was empty the others still have nothing."""

    def answers(self, thread_id: str, checkpoint_ns: str, checkpoint_id: str | None) -> bool:
        """Whether this look-up needs no round trip."""
        if thread_id != self.thread_id or checkpoint_ns in self.written:
            return False
        if self.meta is None:
            return True
        if checkpoint_ns or self.used:
            return False
        return checkpoint_id is None or checkpoint_id == self.meta["checkpoint"]["checkpoint_id"]


class RemoteSaver(BaseCheckpointSaver[str]):
    """Checkpoints over the protocol.

    `on_read` is called whenever a checkpoint has been looked for. `behind` sends writes as NOTEs, which the server applies
    in order before it sees the run's reply; without it every write waits for the server, as `durability="sync"` and calls
    outside of a run want.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        run_id: str | None = None,
        behind: bool = False,
        prefetched: Prefetched | None = None,
        on_read: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(serde=SERIALIZER)
        if prefetched is not None and prefetched.meta is not None:
            # Also when the run begins at an older one.
            follow(prefetched.meta["checkpoint"]["checkpoint_id"])
        self.connection = connection
        self.run_id = run_id
        self.behind = behind
        self.prefetched = prefetched
        self._on_read = on_read

    # Reading

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that `config` names, or the newest of its namespace."""
        params = _address(config)
        found = self._prefetched(params)
        if found is False:
            meta, sections = await self.connection.call("checkpoint.get", params)
            found = None if meta["tuple"] is None else self._tuple(meta["tuple"], sections)
        self._on_read()
        return found

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """`aget_tuple` for synchronous nodes."""
        params = _address(config)
        if (found := self._prefetched(params)) is not False:
            return found
        meta, sections = self.connection.call_sync("checkpoint.get", params)
        return None if meta["tuple"] is None else self._tuple(meta["tuple"], sections)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # the name in the interface
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """The checkpoints that match, newest first."""
        page: _Page | None = _Page(_query(config, filter, before, limit))
        while page is not None:
            meta, sections = await self.connection.call("checkpoint.list", page.query)
            for found in self._tuples(meta, sections):
                yield found
            page = page.next(meta)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """`alist` for synchronous nodes."""
        page: _Page | None = _Page(_query(config, filter, before, limit))
        while page is not None:
            meta, sections = self.connection.call_sync("checkpoint.list", page.query)
            yield from self._tuples(meta, sections)
            page = page.next(meta)

    # Writing

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint."""
        params, sections = self._encode_put(config, checkpoint, metadata, new_versions)
        await self._send("checkpoint.put", params, sections)
        return _config(params["checkpoint"])

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """`aput` for synchronous nodes."""
        params, sections = self._encode_put(config, checkpoint, metadata, new_versions)
        self._send_sync("checkpoint.put", params, sections)
        return _config(params["checkpoint"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task wrote on top of a checkpoint."""
        params, sections = self._encode_writes(config, writes, task_id, task_path)
        await self._send("checkpoint.put_writes", params, sections)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """`aput_writes` for synchronous nodes."""
        params, sections = self._encode_writes(config, writes, task_id, task_path)
        self._send_sync("checkpoint.put_writes", params, sections)

    # Maintenance

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread's checkpoints and writes."""
        await self.connection.call("checkpoint.delete_thread", {"thread_id": str(thread_id)})

    def delete_thread(self, thread_id: str) -> None:
        """`adelete_thread` for synchronous code."""
        self.connection.call_sync("checkpoint.delete_thread", {"thread_id": str(thread_id)})

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete what these runs stored."""
        await self.connection.call("checkpoint.delete_for_runs", {"run_ids": [str(run_id) for run_id in run_ids]})

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        """`adelete_for_runs` for synchronous code."""
        self.connection.call_sync("checkpoint.delete_for_runs", {"run_ids": [str(run_id) for run_id in run_ids]})

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy all checkpoints and writes of a thread to another."""
        params = {"source": str(source_thread_id), "target": str(target_thread_id)}
        await self.connection.call("checkpoint.copy_thread", params)

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """`acopy_thread` for synchronous code."""
        params = {"source": str(source_thread_id), "target": str(target_thread_id)}
        self.connection.call_sync("checkpoint.copy_thread", params)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Drop history, or everything, of these threads."""
        params = {"thread_ids": [str(thread_id) for thread_id in thread_ids], "strategy": strategy}
        await self.connection.call("checkpoint.prune", params)

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """`aprune` for synchronous code."""
        params = {"thread_ids": [str(thread_id) for thread_id in thread_ids], "strategy": strategy}
        self.connection.call_sync("checkpoint.prune", params)

    def get_next_version(self, current: str | None, channel: None) -> str:
        """Versions as `InMemorySaver` makes them: a counter, and a random part that keeps forks apart."""
        if current is None:
            counter = 0
        elif isinstance(current, int):
            counter = current
        else:
            counter = int(current.split(".")[0])
        return f"{counter + 1:032}.{random.random():016}"

    # Encoding

    async def _send(self, method: ServerMethod, params: dict[str, Any], sections: Blobs) -> None:
        if not self.behind:
            await self.connection.call(method, params, sections)
            return
        if self.connection.paused:
            await self.connection.drain()
        self.connection.note(method, params, sections)

    def _send_sync(self, method: ServerMethod, params: dict[str, Any], sections: Blobs) -> None:
        if self.behind:
            self.connection.note(method, params, sections)
        else:
            self.connection.call_sync(method, params, sections)

    def _dumps(self, channel: str, value: Any) -> tuple[str, bytes]:
        if isinstance(value, UnreadableValue):
            return value.stored
        try:
            return self.serde.dumps_typed(value)
        except Exception as error:
            raise TypeError(
                f"The value of `{channel}` cannot be stored in the thread: {error}. Keep clients, locks and functions "
                "out of the state; the context, or a global of the module, is the place for them."
            ) from error

    def _encode_put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> tuple[dict[str, Any], Blobs]:
        configurable = config["configurable"]
        thread_id, checkpoint_ns = str(configurable["thread_id"]), configurable.get("checkpoint_ns") or ""
        rest: dict[str, Any] = dict(checkpoint)
        values = rest.pop("channel_values")
        encoding, body = self.serde.dumps_typed(rest)
        sections, new = [body], []
        for channel, version in new_versions.items():
            kind, blob = self._dumps(channel, values[channel]) if channel in values else (EMPTY, b"")
            new.append((channel, str(version), kind))
            sections.append(blob)
        if self.prefetched is not None:
            self.prefetched.written.add(checkpoint_ns)
        params = {
            "run_id": self.run_id,
            "checkpoint": {
                "thread_id": thread_id,
                "checkpoint_ns": checkpoint_ns,
                "checkpoint_id": checkpoint["id"],
                "parent_checkpoint_id": configurable.get("checkpoint_id") or None,
                "encoding": encoding,
                "metadata": get_checkpoint_metadata(config, metadata),
                "channel_versions": {channel: str(v) for channel, v in checkpoint["channel_versions"].items()},
            },
            "new": new,
        }
        return params, sections

    def _encode_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
    ) -> tuple[dict[str, Any], Blobs]:
        configurable = config["configurable"]
        checkpoint_ns = configurable.get("checkpoint_ns") or ""
        rows, sections = [], []
        for index, (channel, value) in enumerate(writes):
            encoding, blob = self._dumps(channel, value)
            rows.append((str(task_id), WRITES_IDX_MAP.get(channel, index), channel, encoding, task_path))
            sections.append(blob)
        if self.prefetched is not None:
            self.prefetched.written.add(checkpoint_ns)
        params = {
            "run_id": self.run_id,
            "checkpoint": {
                "thread_id": str(configurable["thread_id"]),
                "checkpoint_ns": checkpoint_ns,
                "checkpoint_id": configurable["checkpoint_id"],
            },
            "writes": rows,
        }
        return params, sections

    # Decoding

    def _prefetched(self, params: dict[str, Any]) -> CheckpointTuple | Literal[False] | None:
        """The look-up answered from what came with the run; False when only the server knows."""
        sent = self.prefetched
        if sent is None or not sent.answers(**params):
            return False
        if sent.meta is None:
            return None
        sent.used = True
        return self._tuple(sent.meta, sent.sections)

    def _tuples(self, meta: dict[str, Any], sections: Sections) -> Iterator[CheckpointTuple]:
        at = 0
        for one in meta["tuples"]:
            count = 1 + len(one["channels"]) + len(one["writes"])
            yield self._tuple(one, sections[at : at + count])
            at += count

    def _loads(self, channel: str, encoding: str, section: memoryview) -> Any:
        stored = encoding, bytes(section)
        try:
            return self.serde.loads_typed(stored)
        except Exception as error:  # noqa: BLE001 - reading runs code of the user's, which may have changed since
            value = UnreadableValue(channel, stored, error)
            # langgraph looks into these itself.
            return (Interrupt(value=value, id="unreadable"),) if channel == INTERRUPT else value

    def _tuple(self, meta: dict[str, Any], sections: Sections) -> CheckpointTuple:
        row, channels, writes = meta["checkpoint"], meta["channels"], meta["writes"]
        if row["encoding"] == JAVASCRIPT:
            raise _foreign()
        follow(row["checkpoint_id"])
        checkpoint = self.serde.loads_typed((row["encoding"], bytes(sections[0])))
        checkpoint["channel_values"] = {
            channel: self._loads(channel, encoding, section)
            for (channel, _, encoding), section in zip(channels, sections[1:], strict=False)
            if encoding != EMPTY
        }
        # As tasks are applied: by their path, id and index. langgraph-checkpoint has a function for it since 4.3 only.
        writes_in_order = sorted(
            zip(writes, sections[1 + len(channels) :], strict=True),
            key=lambda one: (one[0][4] or "", one[0][0], one[0][1]),
        )
        parent = row["parent_checkpoint_id"]
        return CheckpointTuple(
            config=_config(row),
            checkpoint=checkpoint,
            metadata=row["metadata"],
            parent_config=_config({**row, "checkpoint_id": parent}) if parent else None,
            pending_writes=[
                (task_id, channel, self._loads(channel, encoding, section))
                for (task_id, _, channel, encoding, _), section in writes_in_order
            ],
        )


def _foreign() -> CallFailed:
    message = (
        "This thread was written by a graph in JavaScript, and a thread belongs to the language that began it. "
        "Use a new thread."
    )
    return CallFailed(message, status=409, type="ForeignThread")


@dataclass
class _Page:
    """What is asked for of a list of checkpoints: the server sends as many at once as fit into a message."""

    query: dict[str, Any]

    def next(self, meta: dict[str, Any]) -> _Page | None:
        """What is to be asked for after this answer; None if that was all."""
        tuples, limit = meta["tuples"], self.query["limit"]
        if not meta["more"] or not tuples:
            return None
        rest = None if limit is None else limit - len(tuples)
        return _Page({**self.query, "before": tuples[-1]["checkpoint"]["checkpoint_id"], "limit": rest})


def _address(config: RunnableConfig) -> dict[str, Any]:
    configurable = config["configurable"]
    return {
        "thread_id": str(configurable["thread_id"]),
        "checkpoint_ns": configurable.get("checkpoint_ns") or "",
        "checkpoint_id": configurable.get("checkpoint_id") or None,
    }


def _query(
    config: RunnableConfig | None,
    filter: dict[str, Any] | None,
    before: RunnableConfig | None,
    limit: int | None,
) -> dict[str, Any]:
    configurable = config["configurable"] if config else {}
    thread_id = configurable.get("thread_id")
    return {
        "thread_id": None if thread_id is None else str(thread_id),
        "checkpoint_ns": configurable.get("checkpoint_ns"),
        "checkpoint_id": configurable.get("checkpoint_id") or None,
        "before": get_checkpoint_id(before) if before else None,
        "filter": filter or {},
        "limit": limit,
    }


def _config(address: dict[str, Any]) -> RunnableConfig:
    return {
        "configurable": {
            "thread_id": address["thread_id"],
            "checkpoint_ns": address["checkpoint_ns"],
            "checkpoint_id": address["checkpoint_id"],
        }
    }
