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


# An operation as the protocol has it, with its vectors.
_Operation = tuple[dict[str, Any], bytes | None]


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
        asked = _Asked(batch.operations(vectors))
        while asked.left:
            try:
                asked.answered(self.connection.call_sync("store.batch", *asked.request())[0])
            except CallFailed as error:
                raise _raised(error) from None
        return batch.results(asked.results)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """`batch` for asynchronous code, also on a loop of its own."""
        home = self.connection.loop
        if asyncio.get_running_loop() is not home:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.abatch(list(ops)), home))
        batch = _Batch(ops, self.index)
        vectors = None
        if self.index is not None and batch.embeds:
            vectors = await self.index.embed(batch.texts, batch.queries)
        asked = _Asked(batch.operations(vectors))
        while asked.left:
            try:
                asked.answered((await self.connection.call("store.batch", *asked.request()))[0])
            except CallFailed as error:
                raise _raised(error) from None
        return batch.results(asked.results)


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

    def operations(self, vectors: Vectors | None) -> list[_Operation]:
        """What to ask for: what reads, then what writes."""
        operations: list[_Operation] = []
        for _, read in self._reads:
            section = None
            if isinstance(read, GetOp):
                operation = {"get": {"namespace": read.namespace, "key": read.key, "refresh_ttl": read.refresh_ttl}}
            elif isinstance(read, SearchOp):
                search = _search(read)
                if vectors is not None and read.query:
                    search["near"] = vectors.dimensions
                    section = vectors.of_query(read.query)
                operation = {"search": search}
            else:
                operation = {"list_namespaces": _list_namespaces(read)}
            operations.append((operation, section))
        for number, (op, value) in enumerate(self._puts):
            place = {"namespace": op.namespace, "key": op.key}
            if value is None:
                operations.append(({"delete": place}, None))
                continue
            put = {**place, "value": value, "vectors": None, "ttl": _minutes(op.ttl)}
            section = None
            if vectors is not None and self._put_texts[number]:
                put["vectors"] = vectors.dimensions
                section = vectors.of_texts(self._put_texts[number])
            operations.append(({"put": put}, section))
        return operations

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


class _Asked:
    """Operations that are asked for until all have their results: one answer may not have room for them."""

    def __init__(self, operations: list[_Operation]) -> None:
        self.left = operations
        self.results: list[Any] = []
        self._goes_on = False

    def request(self) -> tuple[dict[str, Any], list[bytes]]:
        """The parameters and sections of the next call."""
        sections = [section for _, section in self.left if section is not None]
        return {"operations": [operation for operation, _ in self.left]}, sections

    def answered(self, meta: dict[str, Any]) -> None:
        """Takes the answer of the call."""
        results, more = meta["results"], meta["more"]
        if self._goes_on:
            self.results[-1]["items"] += results[0]["items"]
            self.results += results[1:]
        else:
            self.results += results
        last, section = self.left[len(results) - 1]
        self.left = self.left[len(results) :] if more else []
        self._goes_on = more and "search" in last
        if self._goes_on:
            search, found = last["search"], len(results[-1]["items"])
            rest = {**search, "offset": search["offset"] + found, "limit": search["limit"] - found}
            self.left = [({"search": rest}, section), *self.left]


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
