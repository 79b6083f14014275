"""What the tests share: no real model, an identity provider, and a server of this project with two users of it."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

from identity_provider import API_KEY, IdentityProvider

# Tests never talk to a real model: no key is set while they run, and the server that they start does not read `.env`.
for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CHAT_MODEL"):
    os.environ.pop(key, None)
# The unit tests ask nobody; what is here has to be set when the handler is imported.
os.environ |= {"USERINFO_URL": "http://provider.invalid/userinfo", "USERINFO_API_KEY": API_KEY}


@pytest.fixture(scope="session")
def provider() -> Iterator[IdentityProvider]:
    """An identity provider, with two users."""
    with IdentityProvider() as provider:
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        for name in ("alice", "bob"):
            provider.sign_up(f"{name}@example.com", f"password of {name}")
        yield provider
        provider.shutdown()


@pytest.fixture(scope="session")
def url(provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that has this project and a memory of its own, and ends with the tests."""
    lgx = shutil.which("lgx")
    if lgx is None:
        pytest.skip("these tests start a server, and `lgx` is not on the PATH")
    config = str(Path(__file__).with_name("langgraph.json"))
    state = str(tmp_path_factory.mktemp("state"))
    options = ["--config", config, "--state-dir", state, "--python", sys.executable]
    server = subprocess.Popen(
        [lgx, "dev", "--port", "0", "--no-browser", "--no-reload", *options],
        env={**os.environ, "USERINFO_URL": f"{provider.url}/auth/v1/user", "NO_PROXY": "127.0.0.1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        # It prints one line when it is ready, or ends.
        ready = server.stdout.readline()
        assert ready, "the server did not start; it says why above"
        yield json.loads(ready)["url"]
    finally:
        server.terminate()
        server.wait()


def access_token(provider: IdentityProvider, name: str) -> str:
    """What a user gets by logging in."""
    return provider.log_in(f"{name}@example.com", f"password of {name}")["access_token"]


@pytest.fixture
def alice(url: str, provider: IdentityProvider) -> Iterator[SyncLangGraphClient]:
    """A client of one user."""
    with get_sync_client(url=url, headers={"Authorization": f"Bearer {access_token(provider, 'alice')}"}) as client:
        yield client


@pytest.fixture
def bob(url: str, provider: IdentityProvider) -> Iterator[SyncLangGraphClient]:
    """A client of another."""
    with get_sync_client(url=url, headers={"Authorization": f"Bearer {access_token(provider, 'bob')}"}) as client:
        yield client
