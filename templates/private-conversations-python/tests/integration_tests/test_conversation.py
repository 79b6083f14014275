"""The whole graph, with a memory of its own in place of the server's."""

import asyncio

from langgraph.checkpoint.memory import InMemorySaver

from agent.graph import builder, graph


def test_the_graph_answers_a_message() -> None:
    result = asyncio.run(graph.ainvoke({"messages": [("user", "Hello!")]}))

    assert [message.type for message in result["messages"]] == ["human", "ai"]
    assert "Hello!" in result["messages"][-1].text


def test_a_conversation_is_remembered_and_no_other() -> None:
    chatbot = builder.compile(checkpointer=InMemorySaver())

    def say(text: str, thread: str) -> str:
        answering = chatbot.ainvoke({"messages": [("user", text)]}, {"configurable": {"thread_id": thread}})
        result = asyncio.run(answering)
        return result["messages"][-1].text

    say("My name is Ada", "one")

    assert "My name is Ada" in say("Who am I?", "one")
    assert "My name is Ada" not in say("Who am I?", "two")
