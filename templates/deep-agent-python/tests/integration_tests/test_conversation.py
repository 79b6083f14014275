"""Conversations with the agent on a server: it asks before it writes, and does as it is told.

With `lgx exec --mode replay` it is played from `cassettes/` what the model says; without, the built-in model answers, or
the one that `.env` has a key for. So what is asserted is what any of them has to get right.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk.client import SyncLangGraphClient

QUESTION: Any = {"messages": [{"role": "user", "content": "Write a sentence on green tea to /tea.md."}]}


@pytest.fixture
def file() -> Iterator[Path]:
    """The file that the agent is asked to write, which is not there before."""
    file = Path(os.environ.get("AGENT_FOLDER") or "workspace", "tea.md")
    file.unlink(missing_ok=True)
    yield file
    file.unlink(missing_ok=True)


def ask(client: SyncLangGraphClient) -> str:
    """A thread on which the agent waits for leave to write the file."""
    thread_id = client.threads.create()["thread_id"]
    client.runs.wait(thread_id, "agent", input=QUESTION)
    [interrupt] = client.threads.get_state(thread_id)["interrupts"]
    [request] = interrupt["value"]["action_requests"]
    assert (request["name"], request["args"]["file_path"]) == ("write_file", "/tea.md")
    return thread_id


def decide(client: SyncLangGraphClient, thread_id: str, decision: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of the conversation after this decision."""
    state: Any = client.runs.wait(thread_id, "agent", command={"resume": {"decisions": [decision]}})
    messages: list[dict[str, Any]] = state["messages"]
    return messages


def test_what_is_approved_is_written_and_reviewed(client: SyncLangGraphClient, file: Path) -> None:
    thread_id = ask(client)
    assert not file.exists()

    messages = decide(client, thread_id, {"type": "approve"})

    assert "green tea" in file.read_text().lower()
    assert [message["name"] for message in messages if message["type"] == "tool"] == ["write_file", "task"]
    assert messages[-1]["type"] == "ai" and messages[-1]["content"]


def test_what_is_rejected_is_not_written(client: SyncLangGraphClient, file: Path) -> None:
    thread_id = ask(client)

    messages = decide(client, thread_id, {"type": "reject", "message": "I prefer coffee."})

    assert not file.exists()
    assert "coffee" in messages[-2]["content"]
    assert messages[-1]["type"] == "ai" and messages[-1]["content"]


def test_the_agent_is_described_without_a_run(client: SyncLangGraphClient) -> None:
    [assistant] = client.assistants.search()

    graph = client.assistants.get_graph(assistant["assistant_id"])
    assert {"model", "tools"} <= {node["id"] for node in graph["nodes"]}
