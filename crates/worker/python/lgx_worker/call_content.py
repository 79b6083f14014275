"""What is recorded of a call of a model or tool: bounded, and without what is nobody's business."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from lgx_worker.encode import to_json

MOST_INPUT = 128 * 1024
MOST_OUTPUT = 96 * 1024
MOST_TOOLS = 24 * 1024
MOST_PARAMETERS = 8 * 1024
"""What of a call is kept, in bytes: together 256 KiB."""
_LENGTHS = (32_768, 8_192, 2_048, 512, 128)
"""To how many characters texts are shortened, until all of it fits."""

# What models are asked with beside messages and tools. All else may be a key, a header or an address.
_PARAMETERS = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "num_predict",
        "n",
        "seed",
        "stop",
        "stop_sequences",
        "frequency_penalty",
        "presence_penalty",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "reasoning",
        "reasoning_effort",
        "thinking",
        "thinking_budget",
        "verbosity",
        "service_tier",
        "logprobs",
        "top_logprobs",
        "stream",
        "candidate_count",
    }
)


class Content:
    """JSON text that fits."""

    __slots__ = ("is_cut", "json")

    def __init__(self, value: Any, most: int) -> None:
        self.is_cut = False
        self.json = to_json(value)
        if len(self.json) > most:
            self.is_cut = True
            self.json = _cut(self.json, most)

    @property
    def fragment(self) -> orjson.Fragment:
        """As a part of other JSON."""
        return orjson.Fragment(self.json)


NO_TOOLS = Content([], MOST_TOOLS)
NO_PARAMETERS = Content({}, MOST_PARAMETERS)


def shortened(text: str, most: int) -> str:
    """A text without its middle, and a mark in the place of that."""
    if len(text) <= most:
        return text
    left = (most * 2) // 3
    right = most - left
    return f"{text[:left]} … {len(text) - most:,} characters … {text[-right:]}"


def _cut(text: bytes, most: int) -> bytes:
    value = json.loads(text)
    for length in _LENGTHS:
        shorter = to_json(_walk(value, length))
        if len(shorter) <= most:
            return shorter
    return to_json(shortened(text.decode("utf-8", "replace"), most // 4))


def _walk(value: Any, length: int) -> Any:
    if isinstance(value, str):
        return shortened(value, length)
    if isinstance(value, list):
        return [_walk(item, length) for item in value]
    if isinstance(value, dict):
        return {key: _walk(item, length) for key, item in value.items()}
    return value


def parameters_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a model was asked with, of what is known to be no secret."""
    return {name: given[name] for name in given if name in _PARAMETERS and given[name] is not None}


def model_of(metadata: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """The model's own name: `gpt-4o`."""
    for found in (metadata.get("ls_model_name"), given.get("model"), given.get("model_name")):
        if isinstance(found, str):
            return found
    return None


def provider_of(metadata: Mapping[str, Any]) -> str | None:
    """Who provides the model, in langchain's words: `openai`."""
    found = metadata.get("ls_provider")
    return found if isinstance(found, str) else None


def answer_of(response: Any) -> tuple[Any, Any]:
    """The answer of a model as it is shown, and its message, if it has one."""
    generations = getattr(response, "generations", None) or []
    answers = [generation for batch in generations for generation in batch]
    messages = [getattr(answer, "message", None) for answer in answers]
    shown = [message if message is not None else answer.text for answer, message in zip(answers, messages, strict=True)]
    return (shown[0] if len(shown) == 1 else shown), (messages[0] if messages else None)


def usage_of(response: Any, message: Any) -> dict[str, int] | None:
    """The tokens that a model took, if it says so."""
    usage = getattr(message, "usage_metadata", None)
    if not usage:
        said = getattr(response, "llm_output", None) or {}
        usage = said.get("token_usage") or said.get("usage") or {}
    if not isinstance(usage, Mapping):
        return None
    given = _number(usage, "input_tokens", "prompt_tokens")
    made = _number(usage, "output_tokens", "completion_tokens")
    if given is None and made is None:
        return None
    total = _number(usage, "total_tokens")
    both = (given or 0) + (made or 0)
    return {"input_tokens": given or 0, "output_tokens": made or 0, "total_tokens": both if total is None else total}


def _number(usage: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        found = usage.get(name)
        if isinstance(found, int) and found >= 0:
            return found
    return None


def name_of(serialized: Mapping[str, Any] | None, given: Mapping[str, Any], otherwise: str) -> str:
    """The name of what is called."""
    serialized = serialized or {}
    if isinstance(name := given.get("name") or serialized.get("name"), str):
        return name
    path = serialized.get("id")
    if isinstance(path, Sequence) and path and isinstance(path[-1], str):
        return path[-1]
    return otherwise
