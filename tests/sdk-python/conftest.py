"""Fixtures of the SDK tests: clients of the server at LGX_URL."""

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


@pytest.fixture
def calls() -> SdkCalls:
    """What the tests have used of the SDK so far."""
    return CALLS
