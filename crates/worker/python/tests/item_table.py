"""The server's side of `store.batch` for tests: langgraph's own store in memory, and vectors beside it."""

from __future__ import annotations

import json
from array import array
from typing import Any

from langgraph.store.base import Item, MatchCondition
from langgraph.store.memory import InMemoryStore


class Contents:
    """The values and vectors of a batch, and the values of its answer."""

    def __init__(self, meta: dict[str, Any], sections: list[bytes]) -> None:
        self.values = json.loads(sections.pop(0)) if any(op["op"] == "put" for op in meta["ops"]) else []
        self.dimensions = meta["dimensions"]
        self.floats = array("f", b"" if self.dimensions is None else sections.pop(0)).tolist()
        self.answered: list[Any] = []
        assert not sections

    def take(self, count: int) -> list[list[float]]:
        """The next vectors."""
        taken = [self.floats[at * self.dimensions : (at + 1) * self.dimensions] for at in range(count)]
        self.floats = self.floats[count * (self.dimensions or 0) :]
        return taken

    def finish(self) -> None:
        """Nothing is left."""
        assert not self.values
        assert not self.floats


class ItemTable:
    """What the worker has put."""

    def __init__(self) -> None:
        self.store = InMemoryStore()
        self.vectors: dict[tuple[tuple[str, ...], str], list[list[float]]] = {}
        self.seen: list[dict[str, Any]] = []
        """The operations that came."""

    def batch(self, meta: dict[str, Any], sections: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        """Answer `store.batch`."""
        contents = Contents(meta, list(sections))
        results = []
        for op in meta["ops"]:
            self.seen.append(op)
            results.append(getattr(self, f"_{op['op']}")(op, contents))
        contents.finish()
        return {"results": results}, [json.dumps(contents.answered).encode()] if contents.answered else []

    def _put(self, op: dict[str, Any], contents: Contents) -> Any:
        namespace, key = tuple(op["namespace"]), op["key"]
        self.store.put(namespace, key, contents.values.pop(0))
        self.vectors[namespace, key] = contents.take(op["vectors"] or 0)
        return "done"

    def _delete(self, op: dict[str, Any], _contents: Contents) -> Any:
        self.store.delete(tuple(op["namespace"]), op["key"])
        self.vectors.pop((tuple(op["namespace"]), op["key"]), None)
        return "done"

    def _get(self, op: dict[str, Any], contents: Contents) -> Any:
        item = self.store.get(tuple(op["namespace"]), op["key"])
        return {"item": None if item is None else _described(item, contents)}

    def _search(self, op: dict[str, Any], contents: Contents) -> Any:
        near = contents.take(int(op["near"]))
        found = self.store.search(tuple(op["namespace_prefix"]), filter=op["filter"], limit=10**6)
        ranked: list[tuple[Any, float | None]] = [(item, None) for item in found]
        if near:
            scores = {id(item): self._nearest(near[0], item) for item in found}
            found.sort(key=lambda item: -2.0 if scores[id(item)] is None else scores[id(item)], reverse=True)
            ranked = [(item, scores[id(item)]) for item in found]
        page = ranked[op["offset"] : op["offset"] + op["limit"]]
        return {"items": [{**_described(item, contents), "score": score} for item, score in page]}

    def _list_namespaces(self, op: dict[str, Any], _contents: Contents) -> Any:
        conditions = [MatchCondition("prefix", tuple(path)) for path in op["prefixes"]]
        conditions += [MatchCondition("suffix", tuple(path)) for path in op["suffixes"]]
        from langgraph.store.base import ListNamespacesOp

        request = ListNamespacesOp(tuple(conditions), op["max_depth"], op["limit"], op["offset"])
        return {"namespaces": self.store.batch([request])[0]}

    def _nearest(self, near: list[float], item: Item) -> float | None:
        vectors = self.vectors.get((item.namespace, item.key))
        return max(_cosine(near, vector) for vector in vectors) if vectors else None


def _described(item: Item, contents: Contents) -> dict[str, Any]:
    described = item.dict()
    contents.answered.append(described.pop("value"))
    return {key: described[key] for key in ("namespace", "key", "created_at", "updated_at")}


def _cosine(left: list[float], right: list[float]) -> float:
    lengths = sum(x * x for x in left) ** 0.5 * sum(x * x for x in right) ** 0.5
    return sum(x * y for x, y in zip(left, right, strict=True)) / lengths if lengths else 0.0
