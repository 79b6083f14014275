"""A graph that does the same random operations on the server's store and on langgraph's store in memory, and tells them apart."""

import asyncio
import random
from typing import Any

from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import GetOp, Item, ListNamespacesOp, MatchCondition, Op, PutOp, SearchItem, SearchOp
from langgraph.store.memory import InMemoryStore
from src.embed import embed
from typing_extensions import TypedDict

ALL = 1000
"""More than there are: which of several equally good items a page shows is nobody's promise."""


class State(TypedDict, total=False):
    """Where the randomness begins, and what came of it."""

    seed: int
    operations: int
    differences: list[str]


class Batches:
    """Random operations on few names, so that they meet. All names are below one of the seed's own."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.root = f"seed {seed}"

    def label(self) -> str:
        return self.random.choice(["a", "b", "c d", "ü/*", "50%"])

    def namespace(self) -> tuple[str, ...]:
        return (self.root, *(self.label() for _ in range(self.random.randint(0, 3))))

    def text(self) -> str:
        return "".join(self.random.choices("abc ", k=4))

    def value(self) -> dict[str, Any]:
        choice = self.random.choice
        return {
            choice(["text", "text", "title"]): self.text(),
            "n": choice([1, 2.5, 3, -0.0, True, None, "4", 10**30]),
            "o": choice([{}, {"a": 1, "b": [1, {"c": 2}]}, [1, 2], None, "ü"]),
        }

    def filter(self) -> dict[str, Any] | None:
        choice = self.random.choice
        return choice(
            [
                None,
                {},
                {"n": choice([1, 3, 3.0, True, "4", None])},
                {"n": {"$ne": choice([1, 3])}},
                {"n": {"$eq": choice([1, 2.5])}, "o": {}},
                {"o": choice([{}, {"a": 1}, {"b": [1, {"c": {"$gte": 2}}]}, [1, 2]])},
                {"missing": None},
            ]
        )

    def put(self) -> PutOp:
        value = self.random.choice([None, *[self.value() for _ in range(4)]])
        index = self.random.choice([None, None, False, ["title"], ["text", "title"]])
        return PutOp(self.namespace(), self.label(), value, index=index)

    def search(self) -> SearchOp:
        query = self.random.choice([None, "", self.text(), self.text()])
        return SearchOp(self.namespace(), filter=self.filter(), limit=ALL, query=query)

    def namespaces(self) -> ListNamespacesOp:
        conditions = [MatchCondition("prefix", (self.root,))]
        if self.random.random() < 0.5:
            conditions.append(MatchCondition("prefix", ("*", self.random.choice([self.label(), "*"]))))
        if self.random.random() < 0.5:
            conditions.append(MatchCondition("suffix", self.random.choice([(self.label(),), (self.label(), "*")])))
        return ListNamespacesOp(
            tuple(conditions),
            max_depth=self.random.choice([None, 1, 2, 3]),
            limit=self.random.randint(0, 9),
            offset=self.random.randint(0, 2),
        )

    def operation(self) -> Op:
        kind = self.random.random()
        if kind < 0.5:
            return self.put()
        if kind < 0.65:
            return GetOp(self.namespace(), self.label())
        return self.search() if kind < 0.85 else self.namespaces()

    def batch(self) -> list[Op]:
        return [self.operation() for _ in range(self.random.randint(1, 6))]


def told(result: Any) -> Any:
    """A result without its times; the items of a search in an order of their own."""
    if isinstance(result, SearchItem):
        # Scores are 32-bit numbers in the one store and 64-bit numbers in the other.
        score = None if result.score is None else round(result.score, 4) + 0.0
        return result.namespace, result.key, result.value, score
    if isinstance(result, Item):
        return result.namespace, result.key, result.value
    if isinstance(result, list) and any(isinstance(one, Item) for one in result):
        return sorted((told(one) for one in result), key=repr)
    return result


def is_ranked(result: Any) -> bool:
    """Whether the items of a search are in the order of their scores, those without one last."""
    if not isinstance(result, list) or not all(isinstance(one, SearchItem) for one in result):
        return True
    scores = [-2.0 if item.score is None else item.score for item in result]
    return scores == sorted(scores, reverse=True)


def done_in_memory(store: InMemoryStore, batch: list[Op]) -> list[Any]:
    """The batch's results: what is read is what was there before.

    Two accidents of the store in memory are put right: namespaces that only were looked at are not there, and an item that is put
    again is not found by what it said before.
    """
    results = []
    for op in batch:
        for namespace in [namespace for namespace, items in store._data.items() if not items]:
            del store._data[namespace]
        results.append(None if isinstance(op, PutOp) else store.batch([op])[0])
    puts = [op for op in batch if isinstance(op, PutOp)]
    for put in puts:
        store._vectors[put.namespace].pop(put.key, None)
    store.batch(puts)
    return results


async def mirror(state: State, runtime: Runtime) -> State:
    """Fifty batches, by turns from the event loop and from a thread."""
    batches = Batches(state["seed"])
    expected = InMemoryStore(index={"dims": 3, "embed": embed, "fields": ["text"]})
    differences: list[str] = []
    operations = 0
    for number in range(50):
        batch = batches.batch()
        operations += len(batch)
        if number % 2:
            results = await runtime.store.abatch(batch)
        else:
            results = await asyncio.to_thread(runtime.store.batch, batch)
        for op, result, other in zip(batch, results, done_in_memory(expected, batch), strict=True):
            if told(result) != told(other) or not is_ranked(result):
                differences.append(f"{op}: {told(result)} instead of {told(other)}")
    return {"operations": operations, "differences": differences}


graph = StateGraph(State).add_node("mirror", mirror).add_edge(START, "mirror").compile()
