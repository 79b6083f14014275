"""Which variables are read while packages are imported ahead, and whether the project's code sets one of them afterwards.

Code that sets a variable and then imports the package that reads it means the package to see it. Imported ahead, the package has
read the value from before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_reads: dict[str, str | None] = {}
"""What was read, with the value that was there."""


@contextmanager
def recorded() -> Iterator[None]:
    """Remember what is read of `os.environ` meanwhile, by any of its methods that look for one name."""
    kind = type(os.environ)
    original = kind.__getitem__

    def read(self: Any, name: str) -> str:
        try:
            value = original(self, name)
        except KeyError:
            _reads.setdefault(name, None)
            raise
        _reads.setdefault(name, value)
        return value

    kind.__getitem__ = read  # type: ignore[method-assign] # put back below
    try:
        yield
    finally:
        kind.__getitem__ = original  # type: ignore[method-assign] # as it was


class SetTooLate:
    """Notes variables that are set to another value than the one that was read."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._looking = bool(_reads)
        if self._looking:
            sys.addaudithook(self._audit)

    def end(self) -> list[str]:
        """Stop looking; the names, in order. An audit hook stays for ever, so it only falls silent."""
        self._looking = False
        return sorted(self.names)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._looking or event not in ("os.putenv", "os.unsetenv"):
            return
        name = os.fsdecode(args[0])
        value = os.fsdecode(args[1]) if event == "os.putenv" else None
        if name in _reads and _reads[name] != value:
            self.names.add(name)
