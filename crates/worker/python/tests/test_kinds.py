"""What a value is called in messages."""

from __future__ import annotations

from lgx_worker.kinds import kind_of


def test_a_kind_has_the_article_that_its_name_needs() -> None:
    assert [kind_of(value) for value in (7, "x", {}, int, object())] == [
        "an int",
        "a str",
        "a dict",
        "a class",
        "an object",
    ]
