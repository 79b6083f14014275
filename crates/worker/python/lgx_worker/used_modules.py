"""Which installed modules the project asks for while it is loaded, also those that are in memory already.

Asked for is what the project imports, and what functions that it calls import. What an installed module imports in its own body
is not: it comes with that module.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from lgx_worker.preload import is_installed_module
from lgx_worker.source_loader import is_project_path


class UsedModules:
    """The names, once the project has been loaded."""

    def __init__(self) -> None:
        self._asked: dict[str, None] = {}
        self._by_project: set[str] = set()
        self._project_files: dict[str, bool] = {}

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what is asked for meanwhile."""
        by_statement, by_call = builtins.__import__, importlib.import_module
        builtins.__import__ = self._statement(by_statement)
        importlib.import_module = self._call(by_call)
        try:
            yield
        finally:
            builtins.__import__, importlib.import_module = by_statement, by_call

    def names(self) -> list[str]:
        """The installed ones, in the order in which they were asked for."""
        return [name for name in self._asked if is_installed_module(name, sys.modules.get(name))]

    def packages(self) -> list[str]:
        """The packages among them that lines of the project import, in order."""
        installed = self.names()
        return sorted({name.partition(".")[0] for name in installed if name in self._by_project})

    def _statement(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def import_statement(
            name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
        ) -> Any:
            module = original(name, globals, locals, fromlist, level)
            if not _is_body_of_installed(caller := sys._getframe(1)):
                self._asked_for(_names(name, globals, fromlist, level), caller)
            return module

        return import_statement

    def _asked_for(self, names: Iterable[str], caller: FrameType) -> None:
        file = caller.f_code.co_filename
        if (by_project := self._project_files.get(file)) is None:
            by_project = self._project_files[file] = is_project_path(file)
        for name in names:
            self._asked[name] = None
            if by_project:
                self._by_project.add(name)

    def _call(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def import_module(name: str, package: str | None = None) -> Any:
            module = original(name, package)
            if not _is_body_of_installed(caller := sys._getframe(1)):
                self._asked_for([getattr(module, "__name__", name)], caller)
            return module

        return import_module


def _names(name: str, globals: Any, fromlist: Any, level: int) -> Iterator[str]:
    """The modules that an import statement names."""
    if level:
        package = (globals or {}).get("__package__")
        if not package:
            return
        name = importlib.util.resolve_name("." * level + name, package)
    yield name
    for part in fromlist or ():
        if f"{name}.{part}" in sys.modules:
            yield f"{name}.{part}"


def _is_body_of_installed(frame: FrameType) -> bool:
    if frame.f_code.co_name != "<module>":
        return False
    name = frame.f_globals.get("__name__")
    return isinstance(name, str) and is_installed_module(name, sys.modules.get(name))
