"""A conversation with the agent on a server.

With `lgx exec --mode replay` it is played from `cassettes/` what the model says; without, the built-in model answers, or
the one that `.env` has a key for. So what is asserted is what any of them has to get right.
"""

from typing import Any

from langgraph_sdk.client import SyncLangGraphClient


def user(text: str) -> dict[str, Any]:
    """The input of a run that says this."""
    return {"messages": [{"role": "user", "content": text}]}


def test_the_agent_calculates_and_remembers(client: SyncLangGraphClient) -> None:
    thread_id = client.threads.create()["thread_id"]

    state: Any = client.runs.wait(thread_id, "agent", input=user("What is 12 * 7?"))
    asked, calling, result, answer = state["messages"]
    assert asked["content"] == "What is 12 * 7?"
    assert [call["name"] for call in calling["tool_calls"]] == ["calculator"]
    assert (result["name"], result["content"]) == ("calculator", "84")
    assert "84" in answer["content"]

    streamed = client.runs.stream(
        thread_id, "agent", input=user("And 84 / 4?"), stream_mode=["messages-tuple", "values"]
    )
    events: list[Any] = list(streamed)
    said = [event.data[0] for event in events if event.event == "messages"]
    messages = [event.data for event in events if event.event == "values"][-1]["messages"]
    assert "21" in "".join(message["content"] for message in said if message["type"].lower().startswith("ai"))
    assert len(messages) == 8 and messages[:4] == state["messages"]
    assert messages[6]["content"] == "21.0"


def test_the_graph_has_a_model_and_tools(client: SyncLangGraphClient) -> None:
    [assistant] = client.assistants.search()

    graph = client.assistants.get_graph(assistant["assistant_id"])
    assert {node["id"] for node in graph["nodes"]} == {"__start__", "model", "tools", "__end__"}
