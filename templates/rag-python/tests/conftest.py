"""What the tests share: no key, and a client of the server that `lgx exec` has started."""

import os
from collections.abc import Iterator

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

# What is imported here never talks to a real model. Which one the server has is for `lgx exec` to say.
for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CHAT_MODEL"):
    os.environ.pop(key, None)


@pytest.fixture
def client() -> Iterator[SyncLangGraphClient]:
    """A client of a server that has this project."""
    url = os.environ.get("LGX_URL")
    if url is None:
        pytest.skip("needs a server: run `lgx exec -- pytest`")
    with get_sync_client(url=url) as client:
        yield client
