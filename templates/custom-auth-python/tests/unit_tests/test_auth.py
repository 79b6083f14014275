"""Who gets in and who does not."""

import asyncio

import pytest
from langgraph_sdk import Auth

from security.auth import auth, get_current_user


def identity(authorization: str | None) -> str:
    """The user that the header stands for."""
    return asyncio.run(get_current_user(authorization))["identity"]


def test_a_valid_token_stands_for_its_user() -> None:
    assert identity("Bearer user1-token") == "user1"
    assert identity("bearer user2-token") == "user2"


def test_a_request_without_a_token_is_refused() -> None:
    with pytest.raises(AssertionError):
        identity(None)


def test_another_scheme_is_refused() -> None:
    with pytest.raises(AssertionError):
        identity("Basic user1-token")


def test_an_unknown_token_is_refused_with_401() -> None:
    with pytest.raises(Auth.exceptions.HTTPException) as refusal:
        identity("Bearer nobody")

    assert refusal.value.status_code == 401


def test_the_server_finds_the_handler() -> None:
    assert auth._authenticate_handler is get_current_user
