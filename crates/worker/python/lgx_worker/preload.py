"""Importing installed modules ahead of the project's code, so that a reload imports the project's own modules alone.

What is imported here is imported before the project says anything, so it must not depend on the project: no module of the
project, and nothing that has to be imported after the project's code. Two things can go wrong all the same, and are noticed.
A package may do at import what a process that is forked later does not survive: start threads, open connections. And it may read
a variable at import that the project's code sets before it imports the package: then the project has to start cold.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lgx_worker.source_loader import is_project_path, judge_installed
from lgx_worker.versions import installed_versions

OWN = ("langgraph.graph", "lgx_worker.graphs", "lgx_worker.handlers")
"""What the worker itself needs of what is installed; the third imports the rest of the worker."""
_LATER = (
    "langchain_core.tracers.context",
    "langchain_core.tracers.run_collector",
    "langchain_core.tracers.stdout",
    "langgraph.stream",
    "lgx_worker.auth",
    "lgx_worker.auth_user",
    "lgx_worker.context",
    "lgx_worker.in_process_client",
    "lgx_worker.saver",
    "lgx_worker.store",
    "lgx_worker.store_index",
    "lgx_worker.temporary_saver",
)
"""What it needs, or langgraph does, for the first load and the first run. A start does not wait for these."""
_PATCHING = frozenset({"ddtrace", "eventlet", "gevent", "nest_asyncio", "newrelic", "sentry_sdk"})
"""Packages that change others when they are imported or set up: the project's code decides when that is."""
_TASKS = Path("/proc/self/task")
_DESCRIPTORS = Path("/proc/self/fd")


def preload(modules: Iterable[str], after_each: Callable[[], None] = lambda: None) -> None:
    """Import what the worker needs, and these; what fails is left to whoever imports it in earnest.

    It also looks for what every load asks of all that is imported, and is remembered.
    """
    for name in (*OWN, *_LATER, *modules):
        if name not in sys.modules and _is_installed(name):
            try:
                importlib.import_module(name)
            except (Exception, SystemExit):  # noqa: BLE001 - the project meets it again, and is told
                pass
        after_each()
    judge_installed()
    installed_versions()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Import meanwhile. Modules stay: looking among them for what can go takes a sixth of what importing langgraph takes."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what is there now is looked at by no collection, and so copied by none in a process that was forked
        gc.enable()


def unforkable(known: Iterable[int] = ()) -> str | None:
    """Why this process must not be forked, if so: threads and connections stay behind. `known` are descriptors that may."""
    threads = len(list(_TASKS.iterdir()))
    if threads > 1:
        return f"what it imports starts threads: there are {threads}"
    kept = {str(descriptor) for descriptor in known}
    for descriptor in _DESCRIPTORS.iterdir():
        if descriptor.name not in kept and _opened(descriptor).startswith("socket:"):
            return "what it imports opens connections"
    return None


def imported_files() -> list[str]:
    """The files of all modules: when one of them changes, this process is of yesterday."""
    specs = (getattr(module, "__spec__", None) for module in list(sys.modules.values()))
    origins = (getattr(spec, "origin", None) for spec in specs)
    return sorted({origin for origin in origins if isinstance(origin, str) and os.path.isabs(origin)})


def is_installed_module(name: str, module: Any) -> bool:
    """Whether a module comes from an installed package or the standard library, under its own name."""
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None)
    own = name == "__main__" or name.partition(".")[0] == "lgx_worker"
    return (
        not own
        and getattr(spec, "name", None) == name
        and isinstance(origin, str)
        and os.path.isabs(origin)
        and not is_project_path(origin)
    )


def _is_installed(name: str) -> bool:
    """Whether the package that a module belongs to is found among those that are installed: a project on PYTHONPATH may have
    taken the name since.
    """
    package = name.partition(".")[0]
    if package in _PATCHING:
        return False
    if package in sys.modules or package == "lgx_worker":
        return True
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or ())
    return not any(place is not None and is_project_path(place) for place in places)


def _opened(descriptor: Path) -> str:
    try:
        return os.readlink(descriptor)
    except OSError:  # the one that lists them
        return ""
