"""A model that is a few rules, so that the agent works and is tested before any key is set."""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call
from langchain_core.outputs import ChatGeneration, ChatResult

ARITHMETIC = re.compile(r"[(\d][\d\s.()]*(?:[-+*/%]+[\d\s.()]*)+[\d)]")


class BuiltInModel(BaseChatModel):
    """Calls the tools as their names suggest, and repeats what it is told."""

    @property
    def _llm_type(self) -> str:
        return "built-in"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> "BuiltInModel":
        """The same model: its rules know the tools."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=answer(messages))])


def answer(messages: Sequence[BaseMessage]) -> AIMessage:
    """What comes after these messages."""
    last = messages[-1]
    # One of each call in a conversation, so its number makes an id.
    call_id = f"call_{len(messages)}"
    if isinstance(last, ToolMessage):
        return AIMessage(f"The tool `{last.name}` says: {last.text}")
    if found := ARITHMETIC.search(last.text):
        return AIMessage("", tool_calls=[tool_call(name="calculator", args={"expression": found[0]}, id=call_id)])
    if re.search(r"\b(time|date|day)\b", last.text, re.IGNORECASE):
        return AIMessage("", tool_calls=[tool_call(name="utc_now", args={}, id=call_id)])
    return AIMessage(
        f"You said: {last.text}\n"
        "Without a model I can only calculate and tell the time. Set OPENAI_API_KEY or ANTHROPIC_API_KEY in `.env`."
    )
