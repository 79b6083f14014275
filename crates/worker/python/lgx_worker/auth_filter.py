"""The metadata filters of `@auth.on` handlers: checked strictly, for what is not understood must not let through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COMBINING = ("$or", "$and")
_COMPARING = ("$eq", "$contains")


class InvalidFilter(Exception):
    """A filter that means nothing; the message says which part and what would."""


def check_filter(found: Mapping[Any, Any]) -> None:
    """Raises `InvalidFilter` unless every part of the filter has a meaning."""
    for key, condition in found.items():
        if not isinstance(key, str):
            raise InvalidFilter(f"the key {key!r} is not a text")
        if key in _COMBINING:
            _check_combination(key, condition)
        elif key.startswith("$"):
            raise InvalidFilter(f"unknown operator `{key}`; filters combine with `$or` and `$and`")
        elif isinstance(condition, Mapping):
            _check_comparison(key, condition)


def _check_combination(operator: str, branches: Any) -> None:
    if not isinstance(branches, (list, tuple)) or len(branches) < 2:
        raise InvalidFilter(f"`{operator}` takes a list of at least two filters")
    for branch in branches:
        if not isinstance(branch, Mapping):
            raise InvalidFilter(f"`{operator}` takes filters, not {type(branch).__name__}")
        check_filter(branch)


def _check_comparison(field: str, condition: Mapping[Any, Any]) -> None:
    if len(condition) != 1:
        raise InvalidFilter(
            f"`{field}` needs exactly one of `$eq` and `$contains`" + (f", not {list(condition)}" if condition else "")
        )
    operator, wanted = next(iter(condition.items()))
    if operator not in _COMPARING:
        raise InvalidFilter(f"unknown operator `{operator}` for `{field}`; use `$eq` or `$contains`")
    if operator == "$contains":
        for item in wanted if isinstance(wanted, (list, tuple)) else [wanted]:
            if isinstance(item, (Mapping, list, tuple)):
                raise InvalidFilter(f"`$contains` of `{field}` takes one value, or a list of values")
