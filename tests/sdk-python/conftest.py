"""Fixtures of the SDK tests: clients of the server at LGX_URL; and the check that no method of theirs is left out."""

import os
from collections.abc import AsyncIterator

import httpx
import pytest
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.client import LangGraphClient

from both_clients import Awaited, Both, Extra
from sdk_calls import SdkCalls

URL = os.environ["LGX_URL"]

CALLS = SdkCalls()
CALLS.watch()
UNUSED = pytest.StashKey[list[str]]()
DESELECTED = pytest.StashKey[bool]()


def client_of(token: str | None = None) -> LangGraphClient:
    """A client of the server, with a bearer token if one is given."""
    headers = {"Authorization": f"Bearer {token}"} if token else None
    return get_client(url=URL, headers=headers, api_key=None)


@pytest.fixture
async def client() -> AsyncIterator[LangGraphClient]:
    """A client without credentials."""
    async with client_of() as made:
        yield made


@pytest.fixture
async def thread_id(client: LangGraphClient) -> str:
    """A new thread."""
    return (await client.threads.create())["thread_id"]


@pytest.fixture(params=["async", "sync"])
async def both(request: pytest.FixtureRequest) -> AsyncIterator[Both]:
    """Each of the SDK's two clients in turn."""
    if request.param == "async":
        async with client_of() as made:
            yield Both(made, Extra)
    else:
        with get_sync_client(url=URL, api_key=None) as made:
            yield Both(made, Awaited)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A plain HTTP client, for what the SDK does not show."""
    async with httpx.AsyncClient(base_url=URL, trust_env=False, timeout=60) as made:
        yield made


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fails a session whose suites passed, but left something of a client out."""
    config = session.config
    of_whole_files = not any("::" in argument for argument in config.args)
    if exitstatus == pytest.ExitCode.OK and of_whole_files and not config.stash.get(DESELECTED, False):
        unused = CALLS.unused({item.path.name for item in session.items})
        config.stash[UNUSED] = unused
        if unused:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remembers that only a part was asked for."""
    if items:
        items[0].config.stash[DESELECTED] = True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Names what was left out."""
    if unused := config.stash.get(UNUSED, []):
        terminalreporter.section("never called or passed by the suites of these clients")
        for call in unused:
            terminalreporter.line(call)
