"""Factories that need a tenant: one raises without, one finds no graph, one raises as a context manager."""

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from langchain_core.runnables import RunnableConfig

from ticket import builder


def _lacks_tenant(config: RunnableConfig | None) -> bool:
    configurable = (config or {}).get("configurable") or {}
    return configurable.get("__is_for_execution__", True) and "tenant" not in configurable


def raising(config: RunnableConfig | None = None):
    if _lacks_tenant(config):
        raise ValueError("no such tenant")
    return builder.compile()


def finding(settings: RunnableConfig):
    return None if _lacks_tenant(settings) else builder


@contextlib.asynccontextmanager
async def opening(config: RunnableConfig):
    if _lacks_tenant(config):
        raise ValueError("no such tenant")
    yield builder.compile()
