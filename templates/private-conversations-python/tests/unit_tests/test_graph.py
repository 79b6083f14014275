"""The decisions of the chatbot, one by one."""

from langchain_core.messages import AIMessage, HumanMessage

from agent.graph import built_in_reply, model_name


def test_without_a_key_no_model_is_asked_for() -> None:
    assert model_name({}) is None
    assert model_name({"OPENAI_API_KEY": ""}) is None


def test_a_key_selects_the_model_of_its_provider() -> None:
    assert model_name({"OPENAI_API_KEY": "k"}) == "openai:gpt-4.1-mini"
    assert model_name({"ANTHROPIC_API_KEY": "k"}) == "anthropic:claude-haiku-4-5"


def test_a_model_can_be_named() -> None:
    assert model_name({"OPENAI_API_KEY": "k", "CHAT_MODEL": "openai:other"}) == "openai:other"


def test_the_built_in_reply_repeats_the_message() -> None:
    assert built_in_reply([HumanMessage("Hi")]).startswith("You said: Hi\n")


def test_the_built_in_reply_remembers_the_message_before() -> None:
    reply = built_in_reply([HumanMessage("My name is Ada"), AIMessage("Hello"), HumanMessage("Hi")])

    assert "Before that you said: My name is Ada" in reply
