"""Clients of models that would pass over the proxy by which lgx records and replays their calls."""

from __future__ import annotations

import os
from types import ModuleType

from lgx_worker.after_import import after_import

RECORDS = "LGX_RECORDS"
"""Set where there is such a proxy."""


def install() -> None:
    """From here on, aiohttp goes by the proxy too, which SDKs on it do not tell it to."""
    if RECORDS in os.environ:
        after_import("aiohttp.client", _trust_environment)


def _trust_environment(aiohttp: ModuleType) -> None:
    session = getattr(aiohttp, "ClientSession", None)
    defaults = getattr(getattr(session, "__init__", None), "__kwdefaults__", None)
    if isinstance(defaults, dict) and "trust_env" in defaults:
        defaults["trust_env"] = True
