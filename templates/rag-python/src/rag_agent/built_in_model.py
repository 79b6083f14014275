"""A model that is a few rules, so that the assistant works and is tested before any key is set."""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

PASSAGE = re.compile(r"^\[(.+?)\] (.+)$", re.MULTILINE)


class BuiltInModel(BaseChatModel):
    """Quotes what was found."""

    @property
    def _llm_type(self) -> str:
        return "built-in"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=answer(messages))])


def answer(messages: Sequence[BaseMessage]) -> AIMessage:
    """The first passage that the instructions have."""
    found = PASSAGE.search(messages[0].text)
    if found is None:
        return AIMessage("I have found nothing about that in the documents.")
    source, text = found.groups()
    return AIMessage(f"{text} [{source}]")
