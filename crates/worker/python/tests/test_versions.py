"""Which langgraph the worker takes."""

from __future__ import annotations

import pytest

from lgx_worker import versions
from lgx_worker.errors import CallFailed


def _with(version: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "installed_versions", lambda: {"langgraph": version})


@pytest.mark.parametrize("version", ["0.6.0", "1.0.10", "1.2.22", "2.0.0rc1", None])
def test_recent_ones_are_taken(version: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    _with(version, monkeypatch)
    versions.require_langgraph()


@pytest.mark.parametrize("version", ["0.5.4", "0.2.76"])
def test_of_an_older_one_is_said_what_is_needed(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _with(version, monkeypatch)
    with pytest.raises(CallFailed, match=f"langgraph {version} is installed, and lgx needs 0.6 or newer"):
        versions.require_langgraph()
