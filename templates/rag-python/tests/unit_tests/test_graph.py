"""Which model answers, and the graph in this process with the built-in one."""

import asyncio
from typing import Any

from rag_agent.built_in_model import BuiltInModel
from rag_agent.graph import graph, system_prompt
from rag_agent.model import load_model, model_name
from rag_agent.passages import Passage


def ask(question: str) -> Any:
    """The state of a conversation with one question."""
    asked: Any = {"messages": [{"role": "user", "content": question}]}
    return asyncio.run(graph.ainvoke(asked))


def test_without_a_key_the_built_in_model_answers() -> None:
    assert model_name({"OPENAI_API_KEY": ""}) is None
    assert isinstance(load_model({}), BuiltInModel)


def test_a_key_selects_the_model_of_its_provider() -> None:
    assert model_name({"OPENAI_API_KEY": "k"}) == "openai:gpt-4.1-mini"
    assert model_name({"ANTHROPIC_API_KEY": "k"}) == "anthropic:claude-haiku-4-5"
    assert model_name({"OPENAI_API_KEY": "k", "CHAT_MODEL": "openai:other"}) == "openai:other"


def test_the_model_is_told_the_passages_with_their_sources() -> None:
    assert "\n[tea.md] Hot." in system_prompt([Passage(source="tea.md", text="Hot.")])
    assert system_prompt([]).endswith("There is none.")


def test_an_answer_names_its_source() -> None:
    state = ask("How long does green tea steep?")

    assert state["passages"][0]["source"] == "green.md"
    assert "two minutes" in state["messages"][-1].text and "[green.md]" in state["messages"][-1].text


def test_what_is_not_in_the_documents_is_not_answered() -> None:
    assert (
        ask("Who won the football match?")["messages"][-1].text == "I have found nothing about that in the documents."
    )
