"""A client of the server at LGX_URL, which serves `tests/projects/app`."""

import os
from collections.abc import AsyncIterator

import httpx
import pytest

URL = os.environ["LGX_URL"]
SOCKETS = URL.replace("http://", "ws://")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client that trusts no proxy and waits no longer than any of these tests takes."""
    async with httpx.AsyncClient(base_url=URL, timeout=60, trust_env=False) as made:
        yield made
