"""The agent in this process, with the built-in model and a store of its own."""

import asyncio
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.store.memory import InMemoryStore

from memory_agent.graph import graph
from memory_agent.memories import Context, namespace


def test_memories_belong_to_who_was_authenticated() -> None:
    told = Context(user_id="ada")
    authenticated = RunnableConfig(configurable={"langgraph_auth_user_id": "bob"})

    assert namespace(RunnableConfig(), told) == ("memories", "ada")
    assert namespace(authenticated, told) == ("memories", "bob")
    assert namespace(RunnableConfig(), None) == ("memories", "somebody")


def test_what_one_user_tells_is_recalled_for_that_user_only() -> None:
    store = InMemoryStore()
    agent = graph.copy({"store": store})

    def say(text: str, user: str) -> str:
        """What the agent answers, in a conversation of its own."""
        said: Any = {"messages": [{"role": "user", "content": text}]}
        result = asyncio.run(agent.ainvoke(said, context=Context(user_id=user)))
        return str(result["messages"][-1].text)

    assert say("Remember that I like tea.", "ada") == "I will remember that."
    assert say("What do I like?", "ada") == "I remember: I like tea."
    assert say("What do I like?", "bob") == "I remember: nothing"
