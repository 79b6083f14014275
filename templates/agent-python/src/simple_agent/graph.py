"""An agent: a model that calls tools until it has an answer.

The server keeps the state of every thread, so the model sees all earlier messages of its thread.
"""

import os

from langchain.agents import create_agent

from simple_agent.model import load_model
from simple_agent.tools import calculator, utc_now

SYSTEM_PROMPT = (
    "You are a helpful assistant. Calculate with the calculator and never in your head. Answer in a sentence."
)

graph = create_agent(
    load_model(os.environ),
    tools=[calculator, utc_now],
    system_prompt=SYSTEM_PROMPT,
    name="agent",
)
