"""Two users of the identity provider and of a running server, who keep out of each other's way."""

import httpx
import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import AuthenticationError, NotFoundError, PermissionDeniedError

from identity_provider import API_KEY, IdentityProvider


def say(client: SyncLangGraphClient, thread_id: str, text: str) -> str:
    """What the chatbot answers."""
    state = client.runs.wait(thread_id, "agent", input={"messages": [{"role": "user", "content": text}]})
    return state["messages"][-1]["content"]


def test_without_a_token_of_the_provider_nothing_is_let_in(url: str) -> None:
    for headers in ({}, {"Authorization": "Bearer made-up"}):
        with get_sync_client(url=url, headers=headers) as nobody, pytest.raises(AuthenticationError):
            nobody.threads.create()


def test_who_signs_up_and_logs_in_can_talk_and_who_has_logged_out_cannot(url: str, provider: IdentityProvider) -> None:
    with httpx.Client(base_url=f"{provider.url}/auth/v1", headers={"apikey": API_KEY}, trust_env=False) as browser:
        carol = {"email": "carol@example.com", "password": "password of carol"}
        browser.post("/signup", json=carol).raise_for_status()
        session = browser.post("/token?grant_type=password", json=carol).raise_for_status().json()
        authorization = {"Authorization": f"Bearer {session['access_token']}"}
        with get_sync_client(url=url, headers=authorization) as client:
            thread_id = client.threads.create()["thread_id"]
            assert "Hello carol@example.com!" in say(client, thread_id, "Hi")

            browser.post("/logout", headers=authorization).raise_for_status()
            with pytest.raises(AuthenticationError):
                client.threads.get(thread_id)


def test_a_conversation_is_there_for_who_began_it(alice: SyncLangGraphClient, bob: SyncLangGraphClient) -> None:
    thread_id = alice.threads.create()["thread_id"]
    say(alice, thread_id, "I like cats")

    assert "I like cats" in say(alice, thread_id, "What do I like?")
    for ask in (bob.threads.get, bob.threads.get_state, bob.threads.get_history, bob.runs.list, bob.threads.delete):
        with pytest.raises(NotFoundError):
            ask(thread_id)
    with pytest.raises(NotFoundError):
        bob.runs.create(thread_id, "agent", input={})
    assert thread_id not in [thread["thread_id"] for thread in bob.threads.search(limit=100)]


def test_the_store_is_divided_by_user(
    alice: SyncLangGraphClient, bob: SyncLangGraphClient, provider: IdentityProvider
) -> None:
    namespace = [provider.users["alice@example.com"]["id"], "memories"]
    alice.store.put_item(namespace, "color", {"likes": "blue"})

    assert alice.store.get_item(namespace, "color")["value"] == {"likes": "blue"}
    with pytest.raises(PermissionDeniedError):
        bob.store.get_item(namespace, "color")


def test_the_access_token_is_for_the_graph_alone(alice: SyncLangGraphClient) -> None:
    thread_id = alice.threads.create()["thread_id"]
    say(alice, thread_id, "Hi")

    assert "access_token" not in str(alice.runs.list(thread_id))
    assert "access_token" not in str(alice.threads.get_history(thread_id))
