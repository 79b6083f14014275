"""A chatbot with memory: one node that answers the conversation so far.

The server keeps the state of every thread, so each answer sees all earlier messages of its thread.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import START, MessagesState, StateGraph

logger = logging.getLogger(__name__)

DEFAULT_MODELS = {
    "OPENAI_API_KEY": "openai:gpt-4.1-mini",
    "ANTHROPIC_API_KEY": "anthropic:claude-haiku-4-5",
}


def model_name(environment: Mapping[str, str]) -> str | None:
    """The chat model that the environment asks for, as `provider:name`, if it holds a key."""
    for key, default in DEFAULT_MODELS.items():
        if environment.get(key):
            return environment.get("CHAT_MODEL") or default
    return None


def load_model(name: str) -> BaseChatModel | None:
    """The chat model, or nothing (and a warning) when the packages for it are not installed."""
    try:
        from langchain.chat_models import init_chat_model

        return init_chat_model(name)
    except ImportError as error:
        extra = name.partition(":")[0]
        logger.warning(
            "There is a key for `%s`, but its packages are not installed (%s). "
            'The built-in reply answers until you run: pip install -e ".[%s]"',
            name,
            error,
            extra,
        )
        return None


def built_in_reply(messages: Sequence[AnyMessage]) -> str:
    """An answer that needs no model, so that the project works before any key is set."""
    said = [message.text for message in messages if message.type == "human"]
    if not said:
        return "Hello! Send me a message."
    answer = f"You said: {said[-1]}"
    if len(said) > 1:
        answer += f"\nBefore that you said: {said[-2]} (this is message {len(said)} of our conversation)."
    else:
        answer += "\nSet OPENAI_API_KEY or ANTHROPIC_API_KEY in `.env` to get answers from a model."
    return answer


model = load_model(name) if (name := model_name(os.environ)) else None


async def chatbot(state: MessagesState) -> dict[str, Any]:
    """Answer the conversation so far."""
    if model is None:
        return {"messages": [AIMessage(built_in_reply(state["messages"]))]}
    return {"messages": [await model.ainvoke(state["messages"])]}


builder = StateGraph(MessagesState)
builder.add_node("chatbot", chatbot)
builder.add_edge(START, "chatbot")

graph = builder.compile(name="Chatbot")
