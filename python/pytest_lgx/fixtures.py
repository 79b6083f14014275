"""The fixtures, and the options of pytest that they know."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_lgx.server import serve

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient

EVERYTHING = {"threads": True, "runs": True, "checkpointer": True, "assistants": True, "store": True}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the project."""
    group = parser.getgroup("lgx", "serving a project of LangGraph")
    group.addoption(
        "--lgx-project",
        metavar="PATH",
        help="the project to serve, or its langgraph.json, where LGX_URL names no server [default: here or above]",
    )
    parser.addini("lgx_project", "the same, seen from the directory of the ini file", type="string", default=None)


@pytest.fixture(scope="session")
def lgx_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a server of the project: the one that LGX_URL names, or one for this session, with a state of its own."""
    running = os.environ.get("LGX_URL")
    if running:
        yield running.rstrip("/")
        return
    named = pytestconfig.getoption("--lgx-project")
    configured = pytestconfig.getini("lgx_project")
    if named is None and configured:
        named = pytestconfig.rootpath / configured
    with serve(named, pytestconfig.invocation_params.dir) as url:
        yield url


@pytest.fixture
def lgx_client(lgx_url: str) -> LangGraphClient:
    """An asynchronous client of the SDK. One for each test: its connections belong to the test's event loop."""
    try:
        from langgraph_sdk import get_client
    except ImportError:
        pytest.fail("lgx_client needs the SDK: pip install langgraph-sdk", pytrace=False)
    return get_client(url=lgx_url)


@pytest.fixture
def lgx_reset(lgx_url: str) -> None:
    """Nothing of earlier tests is on the server: no thread, run, assistant of one's own, or item of the store."""
    request = urllib.request.Request(  # noqa: S310 - the URL is that of the server
        f"{lgx_url}/internal/truncate",
        data=json.dumps(EVERYTHING).encode(),
        headers={"content-type": "application/json", "x-auth-scheme": "langsmith"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=60):  # noqa: S310 - as above
        pass
