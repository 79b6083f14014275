"""How recorded JSON is laid out, so that a difference can be read: what fits on a line is one, all else is an item a line."""

import json
from collections.abc import Iterator
from typing import Any

WIDTH = 120


def laid_out(value: Any, indent: str = "", taken: int = 0) -> str:
    """A value as JSON; so much of its first line is taken already."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(indent) + taken + len(line) < WIDTH:
        return line
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return f"{opening}\n" + ",\n".join(_items(value, f"{indent} ")) + f"\n{indent}{closing}"


def _items(value: dict[str, Any] | list[Any], indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            name = f"{json.dumps(key, ensure_ascii=False)}: "
            yield f"{indent}{name}{laid_out(item, indent, len(name))}"
    else:
        for item in value:
            yield f"{indent}{laid_out(item, indent)}"
