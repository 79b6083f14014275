"""Clients of the official SDK, of either version, for agents of the server at LGX_URL, which serves `tests/projects/a2a`."""

import os
from collections.abc import AsyncIterator

import httpx
import pytest
from a2a.client import A2ACardResolver, AuthInterceptor, Client, ClientCallContext, ClientConfig, ClientFactory
from a2a.client.auth.credentials import CredentialService

URL = os.environ["LGX_URL"]


class Token(CredentialService):
    """The same token for whatever the card asks for."""

    def __init__(self, token: str) -> None:
        self.token = token

    async def get_credentials(self, security_scheme_name: str, context: ClientCallContext | None) -> str | None:
        assert security_scheme_name == "token"
        return self.token


class Agents:
    """Makes clients that speak one version of the protocol."""

    def __init__(self, http: httpx.AsyncClient, version: str) -> None:
        self.http = http
        self.version = version

    async def named(self, graph: str, *, user: str = "alice", streaming: bool = True, polling: bool = False) -> Client:
        """A client of an agent, as its card says how it is spoken to."""
        resolver = A2ACardResolver(self.http, f"{URL}/a2a/{graph}")
        card = await resolver.get_agent_card(http_kwargs={"headers": {"authorization": f"Bearer {user}"}})
        others = [interface for interface in card.supported_interfaces if interface.protocol_version != self.version]
        for interface in others:
            card.supported_interfaces.remove(interface)
        config = ClientConfig(httpx_client=self.http, streaming=streaming, polling=polling)
        return ClientFactory(config).create(card, [AuthInterceptor(Token(user))])


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """Trusts no proxy and waits no longer than any of these tests takes."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as made:
        yield made


@pytest.fixture(params=["1.0", "0.3"])
def agents(http: httpx.AsyncClient, request: pytest.FixtureRequest) -> Agents:
    """Clients of one version."""
    return Agents(http, request.param)
