"""The agent in this process, with the built-in model."""

import asyncio

from simple_agent.graph import graph


def test_the_agent_calls_a_tool_and_answers() -> None:
    result = asyncio.run(graph.ainvoke({"messages": [{"role": "user", "content": "What is 12 * 7?"}]}))

    assert [message.type for message in result["messages"]] == ["human", "ai", "tool", "ai"]
    assert result["messages"][-1].text == "The tool `calculator` says: 84"
