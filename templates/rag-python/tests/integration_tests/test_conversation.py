"""Questions to the assistant on a server.

With `lgx exec --mode replay` it is played from `cassettes/` what the model says; without, the built-in model answers, or
the one that `.env` has a key for. So what is asserted is what any of them has to get right.
"""

from typing import Any

from langgraph_sdk.client import SyncLangGraphClient


def ask(client: SyncLangGraphClient, thread_id: str, question: str) -> Any:
    """The state of the conversation after this question."""
    asked: Any = {"messages": [{"role": "user", "content": question}]}
    return client.runs.wait(thread_id, "agent", input=asked)


def test_answers_come_from_the_documents(client: SyncLangGraphClient) -> None:
    thread_id = client.threads.create()["thread_id"]

    green = ask(client, thread_id, "How long does green tea steep?")
    assert green["passages"][0]["source"] == "green.md"
    assert "two minutes" in green["messages"][-1]["content"] and "green.md" in green["messages"][-1]["content"]

    black = ask(client, thread_id, "And how long does black tea steep?")
    assert black["passages"][0]["source"] == "black.md"
    assert "five minutes" in black["messages"][-1]["content"]
    assert len(black["messages"]) == 4


def test_the_passages_come_before_the_answer(client: SyncLangGraphClient) -> None:
    asked: Any = {"messages": [{"role": "user", "content": "Who won the football match?"}]}

    updates: list[Any] = [
        event.data
        for event in client.runs.stream(None, "agent", input=asked, stream_mode="updates")
        if event.event == "updates"
    ]

    assert updates[0] == {"retrieve": {"passages": []}}
    assert [message["type"] for message in updates[1]["answer"]["messages"]] == ["ai"]
