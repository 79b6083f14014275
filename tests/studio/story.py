"""A chat whose model answers slowly, word by word, so that a page is seen in the middle of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph

WORDS = 40


class SlowModel(BaseChatModel):
    @property
    def _llm_type(self) -> str:
        return "slow-chat"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(" ".join(map(str, range(WORDS)))))])

    async def _astream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        for word in range(WORDS):
            await asyncio.sleep(0.1)
            yield ChatGenerationChunk(message=AIMessageChunk(f"{word} "))


async def tell(state: MessagesState, config: RunnableConfig) -> MessagesState:
    return {"messages": [await SlowModel().ainvoke(state["messages"], config)]}


graph = StateGraph(MessagesState).add_node(tell).add_edge(START, "tell").compile(name="story")
