"""Finding items by meaning: loads what `store.index` names, and makes vectors of the texts in items and queries."""

from __future__ import annotations

import asyncio
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.store.base import ensure_embeddings, get_text_at_path, tokenize_path

from lgx_worker.diagnostics import diagnose, message_of
from lgx_worker.errors import CallFailed
from lgx_worker.kinds import kind_of
from lgx_worker.store import RemoteStore

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from lgx_worker.worker import Worker

_WHOLE = "$"


@dataclass(frozen=True)
class Vectors:
    """What was made of texts and queries."""

    dimensions: int
    texts: dict[str, bytes]
    queries: dict[str, bytes]

    def of_texts(self, texts: Iterable[str]) -> bytes:
        """The vectors of these texts, one after the other."""
        return b"".join(self.texts[text] for text in texts)

    def of_query(self, query: str) -> bytes:
        """The vector of a query."""
        return self.queries[query]


class StoreIndex:
    """The embeddings of a project, and which texts of an item they are made of."""

    def __init__(self, embeddings: Embeddings, dimensions: int, fields: Sequence[str]) -> None:
        self.embeddings = embeddings
        self.dimensions = dimensions
        self._fields = [_path(field) for field in fields]

    def texts(self, value: Mapping[str, Any], fields: Sequence[str] | None) -> list[str]:
        """The texts of an item that it is to be found by; `fields` instead of the configured ones, if given."""
        paths = self._fields if fields is None else [_path(field) for field in fields]
        return [text for path in paths for text in get_text_at_path(value, path)]

    async def embed(self, texts: Iterable[str], queries: Iterable[str]) -> Vectors:
        """Vectors of texts and queries, each made once. A function that is not async runs in a thread."""
        texts, queries = list(dict.fromkeys(texts)), list(dict.fromkeys(queries))
        embedded = await self.embeddings.aembed_documents(texts) if texts else []
        found = await asyncio.gather(*map(self.embeddings.aembed_query, queries))
        return self._vectors(texts, embedded, queries, found)

    def embed_sync(self, texts: Iterable[str], queries: Iterable[str], loop: asyncio.AbstractEventLoop) -> Vectors:
        """`embed` for synchronous code. What is only async runs on `loop`, as long as that is not the one that waits."""
        embeddings = self.embeddings
        if hasattr(embeddings, "afunc") and not hasattr(embeddings, "func") and not _runs_here(loop):
            return asyncio.run_coroutine_threadsafe(self.embed(texts, queries), loop).result()
        texts, queries = list(dict.fromkeys(texts)), list(dict.fromkeys(queries))
        embedded = embeddings.embed_documents(texts) if texts else []
        return self._vectors(texts, embedded, queries, [embeddings.embed_query(query) for query in queries])

    def _vectors(self, texts: list[str], embedded: Any, queries: list[str], found: Any) -> Vectors:
        if len(embedded) != len(texts):
            raise ValueError(
                f"The embeddings of `store.index` made {len(embedded)} vectors of {len(texts)} texts; one of each is needed."
            )
        return Vectors(
            self.dimensions,
            {text: self._packed(vector) for text, vector in zip(texts, embedded, strict=True)},
            {query: self._packed(vector) for query, vector in zip(queries, found, strict=True)},
        )

    def _packed(self, vector: Any) -> bytes:
        """A vector as 32-bit floats, little endian."""
        floats = array("f", (float(number) for number in vector))
        if len(floats) != self.dimensions:
            raise ValueError(
                f"The embeddings of `store.index` made a vector of {len(floats)} numbers, and `store.index.dims` in "
                f"langgraph.json says {self.dimensions}. Correct `dims`."
            )
        if sys.byteorder == "big":
            floats.byteswap()
        return floats.tobytes()


def _path(field: str) -> Any:
    return field if field == _WHOLE else tokenize_path(field)


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def load(worker: Worker, spec: Mapping[str, Any], import_target: Callable[[Mapping[str, Any]], Any]) -> RemoteStore:
    """The store that `spec` describes; `import_target` imports a module or file and returns the attribute."""
    index = spec.get("index")
    return RemoteStore(
        worker.connection, index=index and _load_index(worker, index, import_target), ttl=spec.get("ttl")
    )


def _load_index(
    worker: Worker, spec: Mapping[str, Any], import_target: Callable[[Mapping[str, Any]], Any]
) -> StoreIndex:
    embed = spec["embed"]
    name = embed.get("model") or f"{embed.get('file') or embed.get('module')}:{embed['attribute']}"
    try:
        found = embed["model"] if "model" in embed else import_target(embed)
        if not isinstance(found, str) and not callable(found) and not hasattr(found, "embed_documents"):
            raise TypeError(
                f"it is {kind_of(found)}; name a function that makes a list of vectors of a list of texts, or an "
                "Embeddings object"
            )
        embeddings = ensure_embeddings(found)
    except (Exception, SystemExit) as error:
        raise CallFailed(
            f"The embeddings of `store.index` could not be loaded from {name}: {type(error).__name__}: {message_of(error)}",
            type="StoreIndexError",
            diagnostic=diagnose(error, worker.root),
        ) from error
    return StoreIndex(embeddings, spec["dims"], spec["fields"])


async def embed(
    worker: Worker, params: dict[str, Any], _sections: list[memoryview]
) -> tuple[dict[str, Any], list[bytes]]:
    """Handle `store.embed`: a section of vectors for each item, then one for each query."""
    index = worker.store.index
    if index is None:
        raise CallFailed("This project has no `store.index`.", type="NoStoreIndex")
    texts = [index.texts(item["value"], item.get("fields")) for item in params.get("items") or ()]
    queries = params.get("queries") or []
    vectors = await index.embed((text for some in texts for text in some), queries)
    sections = [*map(vectors.of_texts, texts), *map(vectors.of_query, queries)]
    return {"dimensions": index.dimensions}, sections
