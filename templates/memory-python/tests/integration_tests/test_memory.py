"""What one conversation tells the agent, it knows in the next.

With `lgx exec --mode replay` it is played from `cassettes/` what the model says; without, the built-in model answers, or
the one that `.env` has a key for. So what is asserted is what any of them has to get right.
"""

from typing import Any
from uuid import uuid4

from langgraph_sdk.client import SyncLangGraphClient


def say(client: SyncLangGraphClient, text: str, user: str) -> list[dict[str, Any]]:
    """The messages of a conversation of its own that begins with this."""
    thread_id = client.threads.create()["thread_id"]
    said: Any = {"messages": [{"role": "user", "content": text}]}
    state: Any = client.runs.wait(thread_id, "agent", input=said, context={"user_id": user})
    messages: list[dict[str, Any]] = state["messages"]
    return messages


def test_what_a_user_tells_is_known_in_the_next_conversation(client: SyncLangGraphClient) -> None:
    ada, bob = f"ada-{uuid4()}", f"bob-{uuid4()}"
    say(client, "Remember that my favourite drink is green tea.", ada)
    say(client, "Remember that I live in Lisbon.", ada)

    _asked, calling, recalled, answer = say(client, "What is my favourite drink?", ada)
    assert calling["tool_calls"][0]["name"] == recalled["name"] == "recall"
    assert "green tea" in recalled["content"].splitlines()[0]
    assert "green tea" in answer["content"]
    assert "tea" not in say(client, "What do I like to drink?", bob)[-1]["content"]


def test_memories_are_items_that_are_found_by_what_they_are_about(client: SyncLangGraphClient) -> None:
    user = f"cyd-{uuid4()}"
    for text in ("I live in Lisbon.", "My favourite drink is green tea.", "My dog is called Rex."):
        client.store.put_item(["memories", user], text, {"text": text})

    found = client.store.search_items(["memories", user], query="what is my dog's name", limit=2)["items"]

    assert found[0]["value"] == {"text": "My dog is called Rex."}
    assert (found[0]["score"] or 0) > (found[1]["score"] or 0)
