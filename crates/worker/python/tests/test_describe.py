"""A graph is drawn, and its schemas are told, in the shapes that clients and Studio read."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict

from lgx_worker import describe


class State(TypedDict, total=False):
    log: list[str]


class Question(TypedDict):
    question: str


class Answer(TypedDict):
    answer: str


class Whole(Question, Answer):
    scratch: list[str]


@dataclasses.dataclass
class Settings:
    model_name: Literal["anthropic", "openai"] = "openai"
    temperature: float = 0.5
    user: str | None = None


class Form(BaseModel):
    """What the user fills in."""

    name: str
    age: int = 3


def nothing(_: Any) -> Any:
    return {}


def one_node(schema: Any, **options: Any) -> StateGraph[Any]:
    return StateGraph(schema, **options).add_node("n", nothing).add_edge(START, "n")


def leaf() -> Any:
    return one_node(State).compile()


def middle() -> Any:
    return StateGraph(State).add_node("inner", leaf()).add_edge(START, "inner").compile(name="middle")


def nested() -> Any:
    return StateGraph(State).add_node("mid", middle()).add_edge(START, "mid").compile(name="nested")


def call(handler: Any, graph: Any, **params: Any) -> Any:
    opened: list[dict[str, Any]] = []

    @asynccontextmanager
    async def open_graph(graph_id: str, **how: Any) -> Any:
        opened.append(how)
        yield graph

    worker: Any = SimpleNamespace(open_graph=open_graph)
    full = {"graph_id": "agent", "config": {"configurable": {"k": 1}}, "context": None, **params}
    meta, sections = asyncio.run(handler(worker, full, []))
    assert meta == {}
    assert opened[0]["access"] == "assistants.read"
    assert opened[0]["config"] == {"configurable": {"k": 1}}
    return json.loads(sections[0])


def schemas(graph: Any) -> dict[str, Any]:
    return call(describe.schemas, graph)


# ---- drawing


def test_nodes_edges_branches_metadata_and_breakpoints() -> None:
    graph = (
        StateGraph(State)
        .add_node("a", nothing, metadata={"color": "red"})
        .add_node("b", nothing)
        .add_edge(START, "a")
        .add_conditional_edges("a", lambda _: "left", {"left": "b", "right": END})
        .add_edge("b", END)
        .compile(interrupt_before=["b"])
    )
    assert call(describe.draw, graph, xray=False) == {
        "nodes": [
            {"id": "__start__", "type": "runnable", "data": {"name": "__start__"}},
            {"id": "a", "type": "runnable", "data": {"name": "a"}, "metadata": {"color": "red"}},
            {"id": "b", "type": "runnable", "data": {"name": "b"}, "metadata": {"__interrupt": "before"}},
            {"id": "__end__"},
        ],
        "edges": [
            {"source": "__start__", "target": "a"},
            {"source": "a", "target": "__end__", "data": "right", "conditional": True},
            {"source": "a", "target": "b", "data": "left", "conditional": True},
            {"source": "b", "target": "__end__"},
        ],
    }


@pytest.mark.parametrize(
    ("xray", "inside"), [(False, "mid"), (1, "mid:inner"), (2, "mid:inner:n"), (True, "mid:inner:n")]
)
def test_xray_shows_subgraphs_down_to_a_depth(xray: bool | int, inside: str) -> None:
    drawn = call(describe.draw, nested(), xray=xray)
    assert inside in [node["id"] for node in drawn["nodes"]]
    assert {"source": "__start__", "target": inside} in drawn["edges"]


# ---- schemas


def test_a_graph_with_separate_input_output_and_context() -> None:
    graph = one_node(Whole, input_schema=Question, output_schema=Answer, context_schema=Settings).compile(name="ctx")
    found = schemas(graph)
    context = {
        "properties": {
            "model_name": {
                "default": "openai",
                "enum": ["anthropic", "openai"],
                "title": "Model Name",
                "type": "string",
            },
            "temperature": {"default": 0.5, "title": "Temperature", "type": "number"},
            "user": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "User"},
        },
        "title": "Settings",
        "type": "object",
    }
    state = found.pop("state_schema")
    assert found == {
        "graph_id": "agent",
        "input_schema": {
            "properties": {"question": {"title": "Question", "type": "string"}},
            "required": ["question"],
            "title": "Question",
            "type": "object",
        },
        "output_schema": {
            "properties": {"answer": {"title": "Answer", "type": "string"}},
            "required": ["answer"],
            "title": "Answer",
            "type": "object",
        },
        "config_schema": context,
        "context_schema": context,
    }
    assert state["title"] == "ctx_state"
    assert "required" not in state
    assert set(state["properties"]) == {"question", "answer", "scratch"}
    assert state["properties"]["scratch"] == {
        "default": None,
        "items": {"type": "string"},
        "title": "Scratch",
        "type": "array",
    }


def test_a_graph_without_context_has_an_empty_config_schema() -> None:
    found = schemas(leaf())
    assert list(found) == [
        "graph_id",
        "input_schema",
        "output_schema",
        "state_schema",
        "config_schema",
        "context_schema",
    ]
    assert (found["config_schema"], found["context_schema"]) == ({}, None)
    assert found["state_schema"]["title"] == "LangGraphState"


def test_a_pydantic_state_keeps_its_description_and_defaults() -> None:
    found = schemas(one_node(Form).compile(name="form"))["input_schema"]
    assert (found["title"], found["description"], found["required"]) == ("Form", "What the user fills in.", ["name"])


def test_messages_have_their_types_in_defs() -> None:
    found = schemas(one_node(MessagesState).compile())["input_schema"]
    assert {"AIMessage", "HumanMessage", "ToolMessage", "AIMessageChunk"} <= set(found["$defs"])
    assert "oneOf" in found["properties"]["messages"]["items"]


# ---- subgraphs


def test_subgraphs_by_namespace() -> None:
    graph = nested()
    assert list(call(describe.subgraphs, graph)) == ["mid"]
    everything = call(describe.subgraphs, graph, recurse=True)
    assert list(everything) == ["mid", "mid|inner"]
    assert everything["mid"]["state_schema"]["title"] == "middle_state"
    assert everything["mid|inner"]["state_schema"]["title"] == "LangGraphState"
    assert "graph_id" not in everything["mid"]


def test_one_subgraph_is_found_by_its_exact_namespace() -> None:
    graph = nested()
    assert list(call(describe.subgraphs, graph, namespace="mid")) == ["mid"]
    assert list(call(describe.subgraphs, graph, namespace="mid|inner", recurse=True)) == ["mid|inner"]
    assert call(describe.subgraphs, graph, namespace="mid|inner") == {}
    assert call(describe.subgraphs, graph, namespace="nope") == {}
    assert call(describe.subgraphs, leaf(), recurse=True) == {}
