"""Embeddings that need no model and no network: texts are near each other when they have words, or parts of words, in common.

They know nothing of meaning: "tea" and "beverage" are strangers. For that, name a model in `langgraph.json`.
"""

import math
import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b

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


def embed(texts: Sequence[str]) -> list[list[float]]:
    """A vector of length one for each text, or of zeros where there is no word in it."""
    return [_vector(text) for text in texts]


def _vector(text: str) -> list[float]:
    vector = [0.0] * DIMENSIONS
    for feature, weight in _features(text):
        digest = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "big")
        vector[digest % DIMENSIONS] += weight
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else vector


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
