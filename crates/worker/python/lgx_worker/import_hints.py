"""What to do about an import that failed: install something, another version of it, or rename what is in its way."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import sys
from types import ModuleType

from lgx_worker.source_loader import is_project_path


def import_hint(exc: BaseException) -> str | None:
    """Advice for an exception that came of importing; None when there is nothing to say beyond its message."""
    if isinstance(exc, ModuleNotFoundError) and exc.name:
        return _missing_module(exc.name)
    if isinstance(exc, ImportError):
        return _missing_name(exc)
    module = getattr(exc, "obj", None)
    if isinstance(exc, AttributeError) and isinstance(module, ModuleType):
        return _in_the_way(module.__name__, getattr(module, "__file__", None))
    return None


def _missing_module(name: str) -> str | None:
    package = name.partition(".")[0]
    origin = _origin(package)
    if package == name or origin is None:
        return (
            f"`{package}` cannot be imported by {sys.executable}. If it is a package, install it there and add it to "
            "the project's dependencies; if it is a module of the project, add its directory to `dependencies` in "
            "langgraph.json."
        )
    found, missing = _deepest(name)
    in_the_way = _in_the_way(package, origin)
    if in_the_way is not None:
        return in_the_way
    if is_project_path(origin):
        return f"`{found}` is the project's own ({origin}) and has no `{missing}`."
    return _other_version(found, missing)


def _missing_name(exc: ImportError) -> str | None:
    text = str(exc)
    if "relative import" in text:
        return (
            "A file that langgraph.json names by its path is imported on its own, not as part of a package. Import "
            "by the full name (`from package.module import …`), or name the graph as `package.module:attribute`."
        )
    name = re.match(r"cannot import name '([^']+)'", text)
    if name is None or not exc.name:
        return None
    in_the_way = _in_the_way(exc.name, exc.path)
    if in_the_way is not None:
        return in_the_way
    if exc.path is None or is_project_path(exc.path):
        if "circular import" in text or "partially initialized" in text:
            return (
                f"`{exc.name}` is imported by a module that it imports itself, before it gets to `{name[1]}`. Move what "
                "both need to a third module, or import it inside the function that uses it."
            )
        return None
    return _other_version(exc.name, name[1])


def _other_version(module: str, missing: str) -> str | None:
    package = module.partition(".")[0]
    if package in sys.stdlib_module_names:
        return None
    installed = _version(package)
    if installed is None:
        return None
    there = "" if module == package else f" in `{module}`"
    return f"`{package}` {installed} is installed and has no `{missing}`{there}; the project may need another version."


def _in_the_way(module: str, path: str | None) -> str | None:
    """Two modules of one name, a file of the project and another: only one of them can be imported."""
    package = module.partition(".")[0]
    elsewhere = _elsewhere(package)
    if elsewhere is None or path is None:
        return None
    if is_project_path(path):
        return f"`{package}` is the project's own {path}, which hides {elsewhere} of that name: rename the file."
    own = _own_module(package)
    if own is None:
        return None
    return f"`{package}` is {elsewhere}, which comes before the project's own {own}: rename the file."


def _elsewhere(package: str) -> str | None:
    if package in sys.stdlib_module_names:
        return "the module of Python's standard library"
    return "the installed package" if _version(package) is not None else None


def _own_module(package: str) -> str | None:
    for directory in sys.path:
        if directory and os.path.isdir(directory) and is_project_path(directory):
            for file in (os.path.join(directory, f"{package}.py"), os.path.join(directory, package, "__init__.py")):
                if os.path.isfile(file):
                    return file
    return None


def _origin(package: str) -> str | None:
    """Where a package is found; what its finder raises is not what we are asked about."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    return spec.origin or next(iter(spec.submodule_search_locations or ()), None)


def _deepest(name: str) -> tuple[str, str]:
    """`a.b.c` as what there is of it and the first part that is missing."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        found = ".".join(parts[:end])
        if found in sys.modules or end == 1:
            return found, parts[end]
    return name, name


def _version(package: str) -> str | None:
    """The version of what is installed that has a package, or a module, of this name at its top."""
    for distribution in importlib.metadata.distributions():
        if package in _at_top(distribution):
            return distribution.version
    return None


def _at_top(distribution: importlib.metadata.Distribution) -> set[str]:
    """As `importlib.metadata.packages_distributions` has it, which before Python 3.11 leaves out those that do not declare it."""
    declared = distribution.read_text("top_level.txt")
    if declared:
        return set(declared.split())
    files = distribution.files or ()
    return {file.parts[0] if len(file.parts) > 1 else file.stem for file in files if file.suffix == ".py"}
