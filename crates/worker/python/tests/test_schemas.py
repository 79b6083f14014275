"""What of a graph's schemas cannot be described does not take the rest along."""

from __future__ import annotations

import dataclasses
import operator
from typing import Annotated, Any

import pytest
from langgraph.graph import START, StateGraph
from pydantic import BaseModel, ConfigDict
from typing_extensions import NotRequired, ReadOnly, Required, TypedDict

from lgx_worker.schemas import graph_schemas, unqualified


class Handle:
    """Nothing that pydantic knows."""


class Inner(TypedDict):
    handle: Handle


class Opaque(TypedDict):
    """Some of it cannot be told."""

    handle: Handle
    handles: NotRequired[list[Handle]]
    inner: Inner
    count: int


class Qualified(TypedDict):
    inside: Annotated[NotRequired[int], "x"]
    outside: NotRequired[Annotated[str, "y"]]
    needed: Required[list[str]]
    fixed: ReadOnly[int]
    added: Annotated[NotRequired[list[int]], operator.add]


@dataclasses.dataclass
class Settings:
    handle: Handle
    count: int = 3


class Form(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    handle: Handle
    count: int = 3


def schemas(schema: Any, **options: Any) -> dict[str, Any]:
    graph = StateGraph(schema, **options).add_node("n", lambda _: None).add_edge(START, "n")
    return graph_schemas(graph.compile(name="agent"))


def test_fields_of_unknown_classes_have_no_type_and_the_others_keep_theirs() -> None:
    found = schemas(Opaque)
    assert found["input_schema"] == {
        "description": "Some of it cannot be told.",
        "properties": {
            "handle": {"title": "Handle"},
            "handles": {"items": {}, "title": "Handles", "type": "array"},
            "inner": {"$ref": "#/$defs/Inner"},
            "count": {"title": "Count", "type": "integer"},
        },
        "$defs": {
            "Inner": {
                "properties": {"handle": {"title": "Handle"}},
                "required": ["handle"],
                "title": "Inner",
                "type": "object",
            }
        },
        "required": ["handle", "inner", "count"],
        "title": "Opaque",
        "type": "object",
    }
    assert found["output_schema"] == found["input_schema"]
    assert found["state_schema"]["properties"] == {
        "handle": {"default": None, "title": "Handle"},
        "handles": {"default": None, "items": {}, "title": "Handles", "type": "array"},
        "inner": {"$ref": "#/$defs/Inner", "default": None},
        "count": {"default": None, "title": "Count", "type": "integer"},
    }


def test_qualifiers_of_a_typed_dict_hide_no_type() -> None:
    found = schemas(Qualified)
    properties = found["state_schema"]["properties"]
    assert {key: field.get("type") for key, field in properties.items()} == {
        "inside": "integer",
        "outside": "string",
        "needed": "array",
        "fixed": "integer",
        "added": "array",
    }
    assert properties["added"]["items"] == {"type": "integer"}
    assert found["input_schema"]["properties"]["inside"] == {"title": "Inside", "type": "integer"}
    assert set(found["input_schema"]["required"]) == {"needed", "fixed"}


@pytest.mark.parametrize("schema", [Settings, Form])
def test_classes_are_described_by_field_too(schema: Any) -> None:
    for found in (schemas(schema)["input_schema"], schemas(Opaque, context_schema=schema)["context_schema"]):
        assert found["properties"]["count"] == {"default": 3, "title": "Count", "type": "integer"}
        assert found["properties"]["handle"] == {"title": "Handle"}
        assert (found["title"], found["required"]) == (schema.__name__, ["handle"])


def test_the_context_is_the_config_too() -> None:
    found = schemas(Opaque, context_schema=Settings)
    assert found["config_schema"] == found["context_schema"]


@pytest.mark.parametrize(
    ("hint", "bare"),
    [
        (int, int),
        (NotRequired[int], int),
        (ReadOnly[Required[int]], int),
        (Annotated[NotRequired[int], "x"], Annotated[int, "x"]),
        (NotRequired[Annotated[int, "x"]], Annotated[int, "x"]),
        (list[int], list[int]),
    ],
)
def test_a_type_without_its_qualifiers(hint: Any, bare: Any) -> None:
    assert unqualified(hint) == bare
