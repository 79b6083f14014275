"""A chat model without a network: it says what its script says, one message a call."""

from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult


class ScriptedModel(BaseChatModel):
    """Answers by how many answers the conversation holds since the last human message."""

    script: list[AIMessage]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> "ScriptedModel":
        return self

    def _line(self, messages: list[BaseMessage]) -> AIMessage:
        said = 0
        for message in messages:
            said = 0 if message.type == "human" else said + (message.type == "ai")
        return self.script[said % len(self.script)]

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._line(messages).model_copy())])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        line = self._line(messages)
        calls = [
            {"name": call["name"], "args": _json(call["args"]), "id": call["id"], "index": index}
            for index, call in enumerate(line.tool_calls)
        ]
        for word in str(line.content).split():
            yield ChatGenerationChunk(message=AIMessageChunk(word + " "))
        yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=calls))


def _json(value: Any) -> str:
    import json

    return json.dumps(value)
