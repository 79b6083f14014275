"""Which model thinks, and what the built-in one says."""

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage

from deep_agent.built_in_model import BuiltInModel, answer
from deep_agent.model import load_model, model_name


def called(message: BaseMessage) -> list[tuple[str, dict[str, str]]]:
    """The tools that the built-in model calls after this message."""
    return [(call["name"], call["args"]) for call in answer([message]).tool_calls]


def test_without_a_key_the_built_in_model_answers() -> None:
    assert model_name({"OPENAI_API_KEY": ""}) is None
    assert isinstance(load_model({}, "openai:other"), BuiltInModel)


def test_a_key_selects_the_model_of_its_provider() -> None:
    assert model_name({"OPENAI_API_KEY": "k"}) == "openai:gpt-4.1-mini"
    assert model_name({"ANTHROPIC_API_KEY": "k"}) == "anthropic:claude-haiku-4-5"
    assert model_name({"OPENAI_API_KEY": "k", "CHAT_MODEL": "openai:other"}) == "openai:other"


def test_the_built_in_model_writes_runs_and_has_what_it_wrote_reviewed() -> None:
    [(tool, args)] = called(HumanMessage("Write it to /a/b.md."))
    assert (tool, args["file_path"]) == ("write_file", "/a/b.md")
    assert called(HumanMessage("Run `ls -l`")) == [("execute", {"command": "ls -l"})]
    [(tool, args)] = called(ToolMessage("written", name="write_file", tool_call_id="1"))
    assert (tool, args["subagent_type"]) == ("task", "critic")


def test_the_built_in_model_says_how_it_went() -> None:
    rejected = ToolMessage("no", name="write_file", tool_call_id="1", status="error")

    assert answer([rejected]).text == "I have not done it: no"
    assert answer([ToolMessage("fine", name="task", tool_call_id="1")]).text == "Done. The tool `task` says: fine"
    assert answer([HumanMessage("Hi")]).text.startswith("You said: Hi\n")
