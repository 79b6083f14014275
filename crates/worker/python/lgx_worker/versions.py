"""The versions of the packages that a worker stands on. Finding them takes milliseconds, so a fork has them from its zygote."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from lgx_worker.errors import CallFailed

OLDEST_LANGGRAPH = (0, 6)
"""Older ones lack what the worker imports of them. `lgx doctor` and docs/compatibility.md say so too."""
_PACKAGES = ("langgraph", "langgraph_sdk", "langchain_core")


@cache
def installed_versions() -> dict[str, str | None]:
    """By the name of the module; None for what is not installed."""
    return {name: _version(name) for name in _PACKAGES}


def require_langgraph() -> None:
    """Say that langgraph is too old, before something of it cannot be imported or behaves otherwise."""
    installed = installed_versions()["langgraph"]
    if installed is None or _numbers(installed) >= OLDEST_LANGGRAPH:
        return
    oldest = ".".join(map(str, OLDEST_LANGGRAPH))
    message = (
        f"langgraph {installed} is installed, and lgx needs {oldest} or newer: upgrade it in the project's environment"
    )
    raise CallFailed(message, type="LoadError")


def _numbers(version: str) -> tuple[int, ...]:
    """The first two numbers of a version."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _version(package: str) -> str | None:
    try:
        return version(package.replace("_", "-"))
    except PackageNotFoundError:
        return None
