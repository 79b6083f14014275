"""The versions of the packages that a worker stands on. Finding them takes milliseconds, so a fork has them from its zygote."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("langgraph", "langgraph_sdk", "langchain_core")


@cache
def installed_versions() -> dict[str, str | None]:
    """By the name of the module; None for what is not installed."""
    return {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str | None:
    try:
        return version(package.replace("_", "-"))
    except PackageNotFoundError:
        return None
