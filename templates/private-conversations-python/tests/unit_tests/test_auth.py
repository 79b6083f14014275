"""Who gets in and who does not, and what becomes theirs."""

import asyncio

import pytest
from langgraph_sdk import Auth

from security.auth import add_owner, auth, authorize_store, get_current_user, on_assistants, on_thread_read


def identity(authorization: str | None) -> str:
    """The user that the header stands for."""
    return asyncio.run(get_current_user(authorization))["identity"]


def context(user: str = "user1", resource: str = "threads", action: str = "read") -> Auth.types.AuthContext:
    """What a handler is told of who asks."""

    class Somebody:
        identity = user

    return Auth.types.AuthContext(permissions=[], user=Somebody(), resource=resource, action=action)


def test_a_valid_token_stands_for_its_user() -> None:
    assert identity("Bearer user1-token") == "user1"
    assert identity("bearer user2-token") == "user2"


def test_a_request_without_a_token_is_refused() -> None:
    with pytest.raises(AssertionError):
        identity(None)


def test_an_unknown_token_is_refused_with_401() -> None:
    with pytest.raises(Auth.exceptions.HTTPException) as refusal:
        identity("Bearer nobody")

    assert refusal.value.status_code == 401


def test_what_a_user_makes_is_marked_whatever_they_say() -> None:
    value = {"metadata": {"owner": "user2", "topic": "cats"}}

    assert asyncio.run(add_owner(context(), value)) == {"owner": "user1"}
    assert value["metadata"] == {"owner": "user1", "topic": "cats"}


def test_reading_is_filtered_and_marks_nothing() -> None:
    value = {"thread_id": "1"}

    assert asyncio.run(on_thread_read(context(), value)) == {"owner": "user1"}
    assert value == {"thread_id": "1"}


def test_assistants_are_forbidden() -> None:
    with pytest.raises(Auth.exceptions.HTTPException) as refusal:
        asyncio.run(on_assistants(context(resource="assistants", action="search"), {}))

    assert refusal.value.status_code == 403


def test_the_store_is_open_below_ones_own_name() -> None:
    asyncio.run(authorize_store(context(resource="store"), {"namespace": ("user1", "notes")}))
    with pytest.raises(AssertionError):
        asyncio.run(authorize_store(context(resource="store"), {"namespace": ("user2", "notes")}))

    everything = {"namespace": None}
    asyncio.run(authorize_store(context(resource="store", action="list_namespaces"), everything))
    assert everything == {"namespace": ("user1",)}


def test_the_server_finds_the_handlers() -> None:
    assert auth._authenticate_handler is get_current_user
    assert auth._handlers["threads", "read"] == [on_thread_read]
