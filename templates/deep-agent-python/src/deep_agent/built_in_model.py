"""A model that is a few rules, so that the agent works and is tested before any key is set."""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call
from langchain_core.outputs import ChatGeneration, ChatResult

FILE = re.compile(r"/[\w./-]*\w")
COMMAND = re.compile(r"`([^`]+)`")


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
    """What comes after these messages, be they those of the agent or of one that it delegates to."""
    last = messages[-1]
    # One of each call in a conversation, so its number makes an id.
    call_id = f"call_{len(messages)}"
    if isinstance(last, ToolMessage):
        if last.status == "error":
            return AIMessage(f"I have not done it: {last.text}")
        if last.name == "write_file":
            args = {"subagent_type": "critic", "description": f"Review what was done: {last.text}"}
            return AIMessage("", tool_calls=[tool_call(name="task", args=args, id=call_id)])
        return AIMessage(f"Done. The tool `{last.name}` says: {last.text}")
    if last.text.startswith("Review"):
        return AIMessage("It says what it should.")
    if found := COMMAND.search(last.text):
        return AIMessage("", tool_calls=[tool_call(name="execute", args={"command": found[1]}, id=call_id)])
    if (found := FILE.search(last.text)) and "write" in last.text.lower():
        args = {"file_path": found[0], "content": f"{last.text}\n"}
        return AIMessage("", tool_calls=[tool_call(name="write_file", args=args, id=call_id)])
    return AIMessage(
        f"You said: {last.text}\n"
        "Without a model I can only write a file, as in: write it to /note.md; or run a command, as in: run `ls`. "
        "Set OPENAI_API_KEY or ANTHROPIC_API_KEY in `.env`."
    )
