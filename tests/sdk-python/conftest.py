"""Fixtures of the SDK tests: clients of the server at LGX_URL, and ways to wait for what a run does."""

import os
from collections.abc import AsyncIterator

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

URL = os.environ["LGX_URL"]


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
