"""Embeddings that need no model and no network: texts are near each other when they have words, or parts of words, in common.

They know nothing of meaning: "tea" and "beverage" are strangers. For that, name a model in `.env`.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b

from langchain.embeddings import init_embeddings
from langchain_core.embeddings import Embeddings

DIMENSIONS = 512
WORD_COUNTS = 3.0
"""A whole word in common says more than a few letters."""

STOP_WORDS = {
    "a",
    "about",
    "an",
    "and",
    "are",
    "as",
    "at",
    "be",
    "do",
    "i",
    "in",
    "is",
    "it",
    "my",
    "of",
    "on",
    "or",
    "that",
    "the",
    "to",
    "user",
    "was",
    "what",
    "where",
    "who",
    "with",
    "you",
}


def load_embeddings(environment: Mapping[str, str]) -> Embeddings:
    """The embeddings that the environment names, as `provider:name`, or the local ones."""
    name = environment.get("EMBEDDINGS")
    return init_embeddings(name) if name else LocalEmbeddings()


class LocalEmbeddings(Embeddings):
    """Which words there are, and how often three letters in a row."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector for each text."""
        return [_vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question, as if it were a document."""
        return _vector(text)


def _vector(text: str) -> list[float]:
    vector = [0.0] * DIMENSIONS
    for feature, weight in _features(text):
        digest = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "big")
        vector[digest % DIMENSIONS] += weight
    return vector


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in dict.fromkeys(re.findall(r"\w+", text.lower())):
        if word in STOP_WORDS:
            continue
        # "steep" and "steeps" are one word.
        stem = word.removesuffix("s")
        yield stem, WORD_COUNTS
        padded = f" {stem} "
        for start in range(len(padded) - 2):
            yield padded[start : start + 3], 1.0
