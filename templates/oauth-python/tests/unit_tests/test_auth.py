"""Who gets in and who does not, by what the identity provider answers."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langgraph_sdk import Auth

from security import auth

Answer = Callable[[httpx.Request], httpx.Response]


def authenticate(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, authorization: str | None = "Bearer t"
) -> dict[str, Any]:
    """What the handler returns when the provider answers so."""
    monkeypatch.setattr(auth, "provider", httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    return asyncio.run(auth.get_current_user(authorization))


def refusal(monkeypatch: pytest.MonkeyPatch, answer: Answer, authorization: str | None = "Bearer t") -> Any:
    """What it raises."""
    with pytest.raises(Auth.exceptions.HTTPException) as raised:
        authenticate(monkeypatch, answer, authorization)
    return raised.value


def test_the_provider_is_shown_the_token_and_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"id": "1", "email": "ada@example.com"})

    user = authenticate(monkeypatch, answer, "bearer her-token")

    assert user == {"identity": "1", "display_name": "ada@example.com", "access_token": "her-token"}
    assert (asked[0].headers["authorization"], asked[0].headers["apikey"]) == ("Bearer her-token", auth.API_KEY)


def test_openid_connect_names_users_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    user = authenticate(monkeypatch, lambda _: httpx.Response(200, json={"sub": "auth0|1"}))

    assert (user["identity"], user["display_name"]) == ("auth0|1", "auth0|1")


def test_without_a_token_the_provider_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for authorization in (None, "", "Bearer", "Bearer ", "Basic YWRhOnBhc3N3b3Jk"):
        refused = refusal(monkeypatch, lambda request: pytest.fail(f"{request} was sent"), authorization)
        assert (refused.status_code, refused.headers) == (401, {"WWW-Authenticate": "Bearer"})


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_the_provider_refuses_is_refused(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    assert refusal(monkeypatch, lambda _: httpx.Response(status)).status_code == 401


def test_a_provider_in_trouble_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    for answer in (down, lambda _: httpx.Response(500), lambda _: httpx.Response(200, text="<html>")):
        assert refusal(monkeypatch, answer).status_code == 503


def test_nobody_is_let_in_without_an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError):
        authenticate(monkeypatch, lambda _: httpx.Response(200, json={"email": "ada@example.com"}))


def test_the_server_finds_the_handler() -> None:
    assert auth.auth._authenticate_handler is auth.get_current_user
