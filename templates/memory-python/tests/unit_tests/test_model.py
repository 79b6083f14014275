"""Which model thinks, and what the built-in one says."""

from langchain_core.messages import HumanMessage

from memory_agent.built_in_model import BuiltInModel, answer
from memory_agent.model import load_model, model_name


def test_without_a_key_the_built_in_model_answers() -> None:
    assert model_name({"OPENAI_API_KEY": ""}) is None
    assert isinstance(load_model({}), BuiltInModel)


def test_a_key_selects_the_model_of_its_provider() -> None:
    assert model_name({"OPENAI_API_KEY": "k"}) == "openai:gpt-4.1-mini"
    assert model_name({"ANTHROPIC_API_KEY": "k"}) == "anthropic:claude-haiku-4-5"
    assert model_name({"OPENAI_API_KEY": "k", "CHAT_MODEL": "openai:other"}) == "openai:other"


def test_the_built_in_model_repeats_what_is_neither_told_nor_asked() -> None:
    assert answer([HumanMessage("Hi")]).text.startswith("You said: Hi\n")
