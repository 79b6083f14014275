"""Long-term memory for graphs: a `BaseStore` whose items are the server's."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)

from lgx_worker.encode import to_plain
from lgx_worker.errors import CallFailed

if TYPE_CHECKING:
    from langgraph.store.base import TTLConfig

    from lgx_worker.connection import Connection
    from lgx_worker.store_index import StoreIndex, Vectors


class RemoteStore(BaseStore):
    """Items over the protocol, a batch in one frame.

    As in langgraph's `InMemoryStore`, what a batch reads is what was there before it, and of several writes to one item
    the last counts.
    """

    supports_ttl = True

    def __init__(
        self, connection: Connection, *, index: StoreIndex | None = None, ttl: TTLConfig | None = None
    ) -> None:
        self.connection = connection
        self.index = index
        self.ttl_config = ttl

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Do all of `ops`; from a node's thread, or, blocking all runs for the moment, on the event loop."""
        batch = _Batch(ops, self.index)
        vectors = None
        if self.index is not None and batch.embeds:
            vectors = self.index.embed_sync(batch.texts, batch.queries, self.connection.loop)
        params, sections = batch.request(vectors)
        try:
            meta, _ = self.connection.call_sync("store.batch", params, sections)
        except CallFailed as error:
            raise _raised(error) from None
        return batch.results(meta["results"])

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """`batch` for asynchronous code, also on a loop of its own."""
        home = self.connection.loop
        if asyncio.get_running_loop() is not home:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.abatch(list(ops)), home))
        batch = _Batch(ops, self.index)
        vectors = None
        if self.index is not None and batch.embeds:
            vectors = await self.index.embed(batch.texts, batch.queries)
        params, sections = batch.request(vectors)
        try:
            meta, _ = await self.connection.call("store.batch", params, sections)
        except CallFailed as error:
            raise _raised(error) from None
        return batch.results(meta["results"])


def _raised(error: CallFailed) -> Exception:
    """What a caller of `InMemoryStore` would see."""
    return ValueError(error.message) if error.type == "ValueError" else error


class _Batch:
    """Operations on their way: what has to be embedded, the call, and where the results belong."""

    def __init__(self, ops: Iterable[Op], index: StoreIndex | None) -> None:
        self._size = 0
        self._reads: list[tuple[int, GetOp | SearchOp | ListNamespacesOp]] = []
        puts: dict[tuple[tuple[str, ...], str], PutOp] = {}
        for op in ops:
            if isinstance(op, PutOp):
                puts[(op.namespace, op.key)] = op
            elif isinstance(op, (GetOp, SearchOp, ListNamespacesOp)):
                self._reads.append((self._size, op))
            else:
                raise ValueError(f"Unknown operation type: {type(op)}")  # noqa: TRY004 - as langgraph's own stores
            self._size += 1
        self._puts = [(op, None if op.value is None else to_plain(dict(op.value))) for op in puts.values()]
        self._put_texts: list[list[str]] = []
        self.queries: list[str] = []
        if index is not None:
            for op, value in self._puts:
                found = [] if value is None or op.index is False else index.texts(value, op.index)
                self._put_texts.append(found)
            self.queries = [op.query for _, op in self._reads if isinstance(op, SearchOp) and op.query]
        self.texts = [text for texts in self._put_texts for text in texts]

    @property
    def embeds(self) -> bool:
        """Whether there is anything to make vectors of."""
        return bool(self.texts or self.queries)

    def request(self, vectors: Vectors | None) -> tuple[dict[str, Any], list[bytes]]:
        """The call's parameters and sections."""
        operations: list[dict[str, Any]] = []
        sections: list[bytes] = []
        for _, read in self._reads:
            if isinstance(read, GetOp):
                get = {"namespace": read.namespace, "key": read.key, "refresh_ttl": read.refresh_ttl}
                operations.append({"get": get})
            elif isinstance(read, SearchOp):
                search = _search(read)
                if vectors is not None and read.query:
                    search["near"] = vectors.dimensions
                    sections.append(vectors.of_query(read.query))
                operations.append({"search": search})
            else:
                operations.append({"list_namespaces": _list_namespaces(read)})
        for number, (op, value) in enumerate(self._puts):
            place = {"namespace": op.namespace, "key": op.key}
            if value is None:
                operations.append({"delete": place})
                continue
            put = {**place, "value": value, "vectors": None, "ttl": _minutes(op.ttl)}
            if vectors is not None and self._put_texts[number]:
                put["vectors"] = vectors.dimensions
                sections.append(vectors.of_texts(self._put_texts[number]))
            operations.append({"put": put})
        return {"operations": operations}, sections

    def results(self, results: list[Any]) -> list[Result]:
        """The results in the order of the operations; None for writes."""
        all_results: list[Result] = [None] * self._size
        for (place, _), result in zip(self._reads, results, strict=False):
            if "item" in result:
                found = result["item"]
                all_results[place] = None if found is None else Item(**found)
            elif "items" in result:
                all_results[place] = [
                    SearchItem(**{**found, "namespace": tuple(found["namespace"])}) for found in result["items"]
                ]
            else:
                all_results[place] = [tuple(namespace) for namespace in result["namespaces"]]
        return all_results


def _minutes(ttl: float | None) -> float | None:
    """How long an item lives; JSON has no infinity."""
    return ttl if ttl is not None and math.isfinite(ttl) else None


def _search(op: SearchOp) -> dict[str, Any]:
    return {
        "namespace_prefix": op.namespace_prefix,
        "filter": to_plain(op.filter or {}),
        "near": None,
        "limit": max(op.limit, 0),
        "offset": max(op.offset, 0),
        "refresh_ttl": op.refresh_ttl,
    }


def _list_namespaces(op: ListNamespacesOp) -> dict[str, Any]:
    paths: dict[str, list[Any]] = {"prefix": [], "suffix": []}
    for condition in op.match_conditions or ():
        if condition.match_type not in paths:
            raise ValueError(f"Unsupported match type: {condition.match_type}")
        paths[condition.match_type].append(condition.path)
    return {
        "prefixes": paths["prefix"],
        "suffixes": paths["suffix"],
        "max_depth": op.max_depth,
        "limit": max(op.limit, 0),
        "offset": max(op.offset, 0),
    }
