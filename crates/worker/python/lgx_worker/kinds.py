"""What a value is, with its article, for sentences that a person reads."""

from __future__ import annotations


def kind_of(value: object) -> str:
    """`an int`, `a dict`, `a class`."""
    if isinstance(value, type):
        return "a class"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"
