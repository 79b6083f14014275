"""What the metadata of every execution says about the server: traces and Studio find the way back by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def server_metadata(load: Mapping[str, Any], langgraph: str | None) -> dict[str, Any]:
    """The keys that are put behind a run's own metadata, from what `load` said."""
    return {
        "run_attempt": 1,
        "langgraph_version": langgraph,
        "langgraph_api_version": load.get("user_agent_version"),
        "langgraph_plan": "developer",
        "langgraph_host": "self-hosted",
        "langgraph_api_url": load.get("api_url"),
    }
