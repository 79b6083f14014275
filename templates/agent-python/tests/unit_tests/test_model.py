"""Which model thinks, and what the built-in one says."""

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from simple_agent.built_in_model import BuiltInModel, answer
from simple_agent.model import load_model, model_name


def test_without_a_key_the_built_in_model_answers() -> None:
    assert model_name({}) is None
    assert model_name({"OPENAI_API_KEY": ""}) is None
    assert isinstance(load_model({}), BuiltInModel)


def test_a_key_selects_the_model_of_its_provider() -> None:
    assert model_name({"OPENAI_API_KEY": "k"}) == "openai:gpt-4.1-mini"
    assert model_name({"ANTHROPIC_API_KEY": "k"}) == "anthropic:claude-haiku-4-5"


def test_a_model_can_be_named() -> None:
    assert model_name({"OPENAI_API_KEY": "k", "CHAT_MODEL": "openai:other"}) == "openai:other"


def test_the_built_in_model_calls_the_tool_that_is_needed() -> None:
    calculating = answer([HumanMessage("What is 12 * 7?")])
    asking_the_time = answer([HumanMessage("What time is it?")])

    assert [(call["name"], call["args"]) for call in calculating.tool_calls] == [
        ("calculator", {"expression": "12 * 7"})
    ]
    assert [(call["name"], call["args"]) for call in asking_the_time.tool_calls] == [("utc_now", {})]


def test_the_built_in_model_says_what_a_tool_has_said() -> None:
    said = answer([HumanMessage("12 * 7"), AIMessage(""), ToolMessage("84", tool_call_id="call_1", name="calculator")])

    assert said.text == "The tool `calculator` says: 84"


def test_the_built_in_model_repeats_anything_else() -> None:
    assert answer([HumanMessage("Hi, I am no-one")]).text.startswith("You said: Hi, I am no-one\n")
