"""Which texts are near each other."""

import json
import math
from pathlib import Path

from memory_agent.embeddings import DIMENSIONS, embed


def likeness(one: str, other: str) -> float:
    """The cosine of the angle between the vectors of two texts."""
    a, b = embed([one, other])
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_texts_with_words_in_common_are_near_each_other() -> None:
    drink = likeness("What is my favourite drink?", "My favourite drink is green tea.")

    assert drink > 0.5
    assert drink > likeness("What is my favourite drink?", "I live in Lisbon.") + 0.3
    assert likeness("drink", "drinks") > likeness("drink", "Lisbon")


def test_vectors_have_length_one_and_the_same_text_has_the_same_vector() -> None:
    [vector] = embed(["Green tea"])

    assert math.isclose(sum(value * value for value in vector), 1.0)
    assert embed(["Green tea", "?"]) == [vector, [0.0] * DIMENSIONS]


def test_the_server_is_told_how_long_vectors_are() -> None:
    config = json.loads(Path("langgraph.json").read_text())

    assert config["store"]["index"]["dims"] == DIMENSIONS
