"""The official Python client of MCP, connected to the server at LGX_URL, which serves `tests/projects/mcp`."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

URL = os.environ["LGX_URL"]

Connect = Callable[[str | None], AbstractAsyncContextManager[Client]]


@pytest.fixture(params=["legacy", "auto"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Connects as somebody: with a handshake, and in the newest version of the protocol, which has none."""

    @asynccontextmanager
    async def connected(who: str | None) -> AsyncIterator[Client]:
        headers = {"authorization": f"Bearer {who}"} if who else {}
        async with httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http_client:
            transport = streamable_http_client(f"{URL}/mcp", http_client=http_client)
            async with Client(transport, mode=request.param) as client:
                yield client

    return connected


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    """Alice, at the server's other endpoints."""
    headers = {"authorization": "Bearer alice"}
    async with httpx.AsyncClient(base_url=URL, headers=headers, timeout=60, trust_env=False) as made:
        yield made
