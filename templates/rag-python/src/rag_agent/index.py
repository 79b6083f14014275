"""An index in memory: it finds the passages whose embeddings are nearest to that of a question."""

import math
from collections.abc import Sequence

from langchain_core.embeddings import Embeddings

from rag_agent.passages import Passage

LEAST_LIKENESS = 0.15
"""Below it a passage is about something else."""


class Index:
    """The passages, with their embeddings once somebody asks."""

    def __init__(self, passages: Sequence[Passage], embeddings: Embeddings) -> None:
        self._passages = passages
        self._embeddings = embeddings
        self._vectors: list[list[float]] | None = None

    async def search(self, question: str, most: int) -> list[Passage]:
        """The passages that are like the question, the nearest first."""
        if self._vectors is None:
            self._vectors = await self._embeddings.aembed_documents([passage["text"] for passage in self._passages])
        asked = await self._embeddings.aembed_query(question)
        rated = [(likeness(asked, vector), number) for number, vector in enumerate(self._vectors)]
        near = sorted((-rate, number) for rate, number in rated if rate >= LEAST_LIKENESS)
        return [self._passages[number] for _, number in near[:most]]


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors; 0 where one of them has no direction."""
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
