"""What the tests share: no real model, and a server of this project with two users."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

# Tests never talk to a real model: no key is set while they run, and the server that they start does not read `.env`.
for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CHAT_MODEL"):
    os.environ.pop(key, None)


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that has this project and a memory of its own, and ends with the tests."""
    lgx = shutil.which("lgx")
    if lgx is None:
        pytest.skip("these tests start a server, and `lgx` is not on the PATH")
    config = str(Path(__file__).with_name("langgraph.json"))
    state = str(tmp_path_factory.mktemp("state"))
    options = ["--config", config, "--state-dir", state, "--python", sys.executable]
    server = subprocess.Popen(
        [lgx, "dev", "--port", "0", "--no-browser", "--no-reload", *options], stdout=subprocess.PIPE, text=True
    )
    try:
        # It prints one line when it is ready, or ends.
        ready = server.stdout.readline()
        assert ready, "the server did not start; it says why above"
        yield json.loads(ready)["url"]
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def alice(url: str) -> Iterator[SyncLangGraphClient]:
    """A client of one user."""
    with get_sync_client(url=url, headers={"Authorization": "Bearer user1-token"}) as client:
        yield client


@pytest.fixture
def bob(url: str) -> Iterator[SyncLangGraphClient]:
    """A client of another."""
    with get_sync_client(url=url, headers={"Authorization": "Bearer user2-token"}) as client:
        yield client
