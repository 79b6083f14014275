"""The server's side of `store.batch` for tests: langgraph's own store in memory, and vectors beside it."""

from __future__ import annotations

from array import array
from typing import Any

from langgraph.store.base import Item, MatchCondition
from langgraph.store.memory import InMemoryStore


class ItemTable:
    """What the worker has put."""

    def __init__(self) -> None:
        self.store = InMemoryStore()
        self.vectors: dict[tuple[tuple[str, ...], str], list[list[float]]] = {}
        self.seen: list[dict[str, Any]] = []
        """The operations that came."""
        self.most: int | None = None
        """How many items one answer has at most."""

    def batch(self, params: dict[str, Any], sections: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        """Answer `store.batch`."""
        results: list[Any] = []
        vectors = iter(sections)
        room = self.most
        for operation in params["operations"]:
            ((name, op),) = operation.items()
            if room is not None and name in ("get", "search"):
                if room == 0:
                    return {"results": results, "more": True}, []
                result = getattr(self, f"_{name}")(op, [])
                found = result["items"] if name == "search" else [result["item"]]
                if len(found) > room:
                    results.append({"items": found[:room]})
                    return {"results": results, "more": True}, []
                room -= len(found)
            self.seen.append({"op": name, **op})
            width = op.get("vectors") or op.get("near")
            results.append(getattr(self, f"_{name}")(op, _unpacked(next(vectors), width) if width else []))
        assert not list(vectors)
        return {"results": results, "more": False}, []

    def _put(self, op: dict[str, Any], vectors: list[list[float]]) -> Any:
        namespace, key = tuple(op["namespace"]), op["key"]
        self.store.put(namespace, key, op["value"])
        self.vectors[namespace, key] = vectors
        return "done"

    def _delete(self, op: dict[str, Any], _: list[list[float]]) -> Any:
        self.store.delete(tuple(op["namespace"]), op["key"])
        self.vectors.pop((tuple(op["namespace"]), op["key"]), None)
        return "done"

    def _get(self, op: dict[str, Any], _: list[list[float]]) -> Any:
        item = self.store.get(tuple(op["namespace"]), op["key"])
        return {"item": None if item is None else item.dict()}

    def _search(self, op: dict[str, Any], near: list[list[float]]) -> Any:
        found = self.store.search(tuple(op["namespace_prefix"]), filter=op["filter"], limit=10**6)
        ranked: list[tuple[Any, float | None]] = [(item, None) for item in found]
        if near:
            scores = {id(item): self._nearest(near[0], item) for item in found}
            found.sort(key=lambda item: -2.0 if scores[id(item)] is None else scores[id(item)], reverse=True)
            ranked = [(item, scores[id(item)]) for item in found]
        page = ranked[op["offset"] : op["offset"] + op["limit"]]
        return {"items": [{**item.dict(), "score": score} for item, score in page]}

    def _list_namespaces(self, op: dict[str, Any], _: list[list[float]]) -> Any:
        conditions = [MatchCondition("prefix", tuple(path)) for path in op["prefixes"]]
        conditions += [MatchCondition("suffix", tuple(path)) for path in op["suffixes"]]
        from langgraph.store.base import ListNamespacesOp

        request = ListNamespacesOp(tuple(conditions), op["max_depth"], op["limit"], op["offset"])
        return {"namespaces": self.store.batch([request])[0]}

    def _nearest(self, near: list[float], item: Item) -> float | None:
        vectors = self.vectors.get((item.namespace, item.key))
        return max(_cosine(near, vector) for vector in vectors) if vectors else None


def _unpacked(section: bytes, width: int) -> list[list[float]]:
    floats = array("f", section).tolist()
    return [floats[at : at + width] for at in range(0, len(floats), width)]


def _cosine(left: list[float], right: list[float]) -> float:
    lengths = sum(x * x for x in left) ** 0.5 * sum(x * x for x in right) ** 0.5
    return sum(x * y for x, y in zip(left, right, strict=True)) / lengths if lengths else 0.0
