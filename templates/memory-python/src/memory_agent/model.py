"""Which model thinks: a real one where there is a key, else the built-in one."""

import logging
from collections.abc import Mapping

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel

from memory_agent.built_in_model import BuiltInModel

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


def load_model(environment: Mapping[str, str]) -> BaseChatModel:
    """The chat model that the environment asks for, or the built-in one."""
    name = model_name(environment)
    if name is None:
        return BuiltInModel()
    try:
        return init_chat_model(name)
    except ImportError as error:
        logger.warning(
            "There is a key for `%s`, but its packages are not installed (%s). "
            'The built-in model answers until you run: pip install -e ".[%s]"',
            name,
            error,
            name.partition(":")[0],
        )
        return BuiltInModel()
