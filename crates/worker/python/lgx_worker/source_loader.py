"""Importing project modules from their source only, and finding the name under which a graph's file is imported.

A `.pyc` is trusted by whole seconds and size: a file saved twice in one second would run its older code.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType

from lgx_worker import import_times

_INSTALLED_PARTS = {"site-packages", "dist-packages"}
_STANDARD = tuple(
    os.path.join(os.path.realpath(path), "")
    for name in ("stdlib", "platstdlib")
    if (path := sysconfig.get_paths().get(name))
)
_PACKAGE = os.path.dirname(os.path.realpath(__file__))
_WORKER = (os.path.join(_PACKAGE, ""), os.path.join(os.path.dirname(_PACKAGE), "__main__.py", ""))


class SourceOnlyLoader(importlib.machinery.SourceFileLoader):
    """Compiles the source each time, and neither reads nor writes bytecode."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of the source as it is now."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        """Execute it, with a look at the clock."""
        with import_times.timed(self.path):
            super().exec_module(module)


@cache
def is_project_path(path: str) -> bool:
    """Whether a directory or file belongs to the project: not to the standard library, nor to what is installed.

    Remembered, because a load asks it of the file of every module.
    """
    real = _real(path)
    if _INSTALLED_PARTS.intersection(real.split(os.sep)):
        return False
    return not os.path.join(real, "").startswith((*_STANDARD, *_WORKER))


def _real(path: str) -> str:
    """As `os.path.realpath`, which follows the links of each directory anew for each file in it."""
    directory, name = os.path.split(path)
    if name in ("", os.curdir, os.pardir):
        return os.path.realpath(path)
    real = os.path.join(_real_directory(directory), name)
    return os.path.realpath(real) if os.path.islink(real) else real


@cache
def _real_directory(directory: str) -> str:
    return os.path.realpath(directory)


def install(sys_path: Iterable[str]) -> None:
    """Append the project's directories to `sys.path`, and import what lies in such directories from source."""
    details = [
        (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
        (SourceOnlyLoader, importlib.machinery.SOURCE_SUFFIXES),
    ]

    def hook(directory: str) -> importlib.machinery.FileFinder:
        if not os.path.isdir(directory or os.curdir) or not _is_of_project(directory):
            raise ImportError("not a directory of the project")
        return importlib.machinery.FileFinder(directory, *details)

    sys.path_hooks.insert(0, hook)
    # Finders that were made before the hook would go on using bytecode.
    for directory in [directory for directory in sys.path_importer_cache if _is_of_project(directory)]:
        del sys.path_importer_cache[directory]
    for directory in sys_path:
        if directory not in sys.path:
            sys.path.append(directory)


def _is_of_project(directory: str) -> bool:
    return is_project_path(os.path.abspath(directory))


def import_file(path: Path, sys_path: Iterable[str]) -> ModuleType:
    """The module in a file, under the name that its package or place on `sys.path` gives it.

    So relative imports work where there is a package, and a module that another one imports too is executed once.
    When that name is taken by something else, the module gets a name of its own.
    """
    real = os.path.realpath(path)
    for name, root in _names(path, sys_path):
        if root not in sys.path:
            sys.path.append(root)
        loaded = sys.modules.get(name)
        if loaded is not None:
            if _is_file(getattr(loaded, "__file__", None), real):
                return loaded
            continue
        if _is_file(_origin(name), real):
            return importlib.import_module(name)
    return _import_alone(path, real)


def project_files() -> list[str]:
    """The files of the modules that have been loaded from outside the standard library and installed packages."""
    found = set()
    started = sys.modules["__main__"]  # known as `__mp_main__` too
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if module is not started and isinstance(file, str) and is_project_path(file) and os.path.isabs(file):
            found.add(file)
    return sorted(found)


def judge_installed() -> None:
    """Look at all that has been imported, and at where it was found: what `is_project_path` says of it is remembered."""
    project_files()
    for directory in list(sys.path_importer_cache):
        _is_of_project(directory)


def _names(path: Path, sys_path: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names to import a file by, best first, each with the directory that has to be on `sys.path` for it."""
    package = path.parent
    while (package / "__init__.py").is_file() and package.parent != package:
        package = package.parent
    roots = [str(package)] if package != path.parent else []
    roots += sorted((root for root in sys_path if path.is_relative_to(root)), key=len, reverse=True)
    for root in dict.fromkeys(roots):
        parts = path.relative_to(root).with_suffix("").parts
        if path.suffix == ".py" and all(part.isidentifier() for part in parts):
            if parts[-1] == "__init__" and len(parts) > 1:
                parts = parts[:-1]
            yield ".".join(parts), root


def _origin(name: str) -> str | None:
    """Where a module would come from. Its packages are imported; what they raise is the user's to see."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        # The parent is no package, or another thing of that name; any other missing module is the user's.
        if error.name is not None and name.startswith(error.name):
            return None
        raise
    except ValueError:  # a module in sys.modules that has no spec
        return None
    return spec.origin if spec is not None else None


def _is_file(candidate: str | None, real: str) -> bool:
    return candidate is not None and os.path.realpath(candidate) == real


def _import_alone(path: Path, real: str) -> ModuleType:
    name = f"{path.stem}_{hashlib.sha256(real.encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path, loader=SourceOnlyLoader(name, str(path)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
