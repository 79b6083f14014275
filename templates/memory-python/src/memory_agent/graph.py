"""An agent that remembers what users tell it about themselves, in all of their threads."""

import os

from langchain.agents import create_agent

from memory_agent.memories import Context, recall, remember
from memory_agent.model import load_model

SYSTEM_PROMPT = """You are a helpful assistant with a long-term memory.
When users tell something about themselves, remember it. Before you answer what may depend on them, recall what you know."""

graph = create_agent(
    load_model(os.environ),
    tools=[remember, recall],
    system_prompt=SYSTEM_PROMPT,
    context_schema=Context,
    name="agent",
)
