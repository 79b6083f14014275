"""Two users of a running server, who keep out of each other's way."""

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import AuthenticationError, NotFoundError, PermissionDeniedError


def say(client: SyncLangGraphClient, thread_id: str, text: str) -> str:
    """What the chatbot answers."""
    state = client.runs.wait(thread_id, "agent", input={"messages": [{"role": "user", "content": text}]})
    return state["messages"][-1]["content"]


def test_without_a_token_nothing_is_let_in(url: str) -> None:
    with get_sync_client(url=url) as nobody, pytest.raises(AuthenticationError):
        nobody.threads.create()


def test_a_conversation_is_there_for_who_began_it(alice: SyncLangGraphClient, bob: SyncLangGraphClient) -> None:
    thread_id = alice.threads.create()["thread_id"]
    say(alice, thread_id, "My name is Alice")

    assert "My name is Alice" in say(alice, thread_id, "Who am I?")
    for ask in (bob.threads.get, bob.threads.get_state, bob.threads.get_history, bob.runs.list, bob.threads.delete):
        with pytest.raises(NotFoundError):
            ask(thread_id)
    with pytest.raises(NotFoundError):
        bob.runs.create(thread_id, "agent", input={})


def test_a_list_has_ones_own_conversations(alice: SyncLangGraphClient, bob: SyncLangGraphClient) -> None:
    of_alice, of_bob = alice.threads.create()["thread_id"], bob.threads.create()["thread_id"]

    seen_by_alice = [thread["thread_id"] for thread in alice.threads.search(limit=100)]
    seen_by_bob = [thread["thread_id"] for thread in bob.threads.search(limit=100)]

    assert of_alice in seen_by_alice and of_alice not in seen_by_bob
    assert of_bob in seen_by_bob and of_bob not in seen_by_alice


def test_nobody_can_take_a_conversation_over(alice: SyncLangGraphClient, bob: SyncLangGraphClient) -> None:
    thread_id = alice.threads.create(metadata={"owner": "user2"})["thread_id"]

    with pytest.raises(NotFoundError):
        bob.threads.update(thread_id, metadata={"owner": "user2"})
    assert alice.threads.get(thread_id)["metadata"]["owner"] == "user1"


def test_assistants_are_not_for_users(alice: SyncLangGraphClient) -> None:
    with pytest.raises(PermissionDeniedError):
        alice.assistants.search()
    with pytest.raises(PermissionDeniedError):
        alice.assistants.create("agent")


def test_the_store_is_divided_by_user(alice: SyncLangGraphClient, bob: SyncLangGraphClient) -> None:
    alice.store.put_item(["user1", "memories"], "color", {"likes": "blue"})

    assert alice.store.get_item(["user1", "memories"], "color")["value"] == {"likes": "blue"}
    assert alice.store.list_namespaces()["namespaces"] == [["user1", "memories"]]
    assert bob.store.list_namespaces()["namespaces"] == []
    with pytest.raises(PermissionDeniedError):
        bob.store.get_item(["user1", "memories"], "color")
    with pytest.raises(PermissionDeniedError):
        bob.store.put_item(["user1", "memories"], "color", {"likes": "none"})


def test_studio_on_this_machine_sees_all(url: str, alice: SyncLangGraphClient) -> None:
    thread_id = alice.threads.create()["thread_id"]

    with get_sync_client(url=url, headers={"x-auth-scheme": "langsmith"}) as studio:
        assert studio.threads.get(thread_id)["metadata"]["owner"] == "user1"
        assert [assistant["graph_id"] for assistant in studio.assistants.search()] == ["agent"]
