"""Which files of the project are read while its code is loaded, so that an edit of one of them is an edit of the code.

Python tells auditors of every file that is opened, by whatever library, and of every directory that is listed. An auditor
cannot be removed, so ours does nothing once loading is over; and it must never raise, because that would forbid the opening.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from lgx_worker.source_loader import is_project_path

_SOURCE = (".py",)
"""Modules that fail to be imported are not among `sys.modules`."""
_LISTS = frozenset({"os.listdir", "os.scandir"})
_LOOKS_FOR_MODULES = frozenset({"importlib", "importlib_metadata", "pkg_resources", "pkgutil", "zipimport"})
"""Packages that list every directory of `sys.path`, for modules and for what is installed."""


class FilesRead:
    """Collects files and directories below some directories of the project, while it is told to."""

    def __init__(self, directories: Iterable[str], suffixes: Iterable[str]) -> None:
        self._below = tuple(os.path.join(os.path.abspath(directory), "") for directory in directories)
        self._suffixes = tuple(f".{suffix}" for suffix in suffixes)
        self._opened: set[str] = set()
        self._written: set[str] = set()
        self._listed: set[str] = set()
        self._heeds = False
        self._collects = False

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Project code is loaded meanwhile."""
        if not self._suffixes:
            yield
            return
        if not self._heeds:
            self._heeds = True
            sys.addaudithook(self._heed)
        self._collects = True
        try:
            yield
        finally:
            self._collects = False

    def files(self) -> list[str]:
        """What was read, or looked for without being there. What was written too is code's own business."""
        return sorted(path for path in self._opened - self._written if is_project_path(path))

    def directories(self) -> list[str]:
        """The directories that were listed."""
        return sorted(path for path in self._listed if is_project_path(path))

    def _heed(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._collects:
            return
        try:
            if event == "open":
                self._note_opened(*args)
            elif event in _LISTS and not self._is_import():
                self._note_listed(args[0])
        except Exception:  # noqa: BLE001 - what an auditor raises forbids what it is told of
            return

    def _note_opened(self, path: Any, _mode: Any, flags: Any) -> None:
        found = self._inside(path)
        if found is None or not found.lower().endswith((*_SOURCE, *self._suffixes)):
            return
        reads = not isinstance(flags, int) or flags & os.O_ACCMODE == os.O_RDONLY
        (self._opened if reads else self._written).add(found)

    def _note_listed(self, path: Any) -> None:
        found = self._inside(os.curdir if path is None else path)
        if found is not None:
            self._listed.add(found)

    def _inside(self, path: Any) -> str | None:
        """The absolute path, if it is one of the project."""
        if isinstance(path, int):
            return None
        found = os.path.abspath(os.fsdecode(path))
        return found if os.path.join(found, "").startswith(self._below) else None

    @staticmethod
    def _is_import() -> bool:
        """Whether somebody looks for modules and packages: who lists calls us, through `_heed`."""
        module = str(sys._getframe(2).f_globals.get("__name__"))
        return module.partition(".")[0] in _LOOKS_FOR_MODULES
