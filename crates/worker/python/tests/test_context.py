"""A run's context becomes what the graph asks for; what that does not know is dropped."""

from __future__ import annotations

import dataclasses

import pytest
from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from lgx_worker.context import coerce_context

GIVEN = {"name": "x", "other": 1}


class Base(TypedDict):
    name: str


class Typed(Base, total=False):
    age: int


@dataclasses.dataclass
class Data:
    name: str
    made: int = dataclasses.field(init=False, default=7)


class Model(BaseModel):
    name: str


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str


@pytest.mark.parametrize(
    ("schema", "context"),
    [
        (Typed, {"name": "x"}),
        (Data, Data("x")),
        (Model, Model(name="x")),
        (Strict, Strict(name="x")),
        (Open, Open(name="x", other=1)),  # type: ignore[call-arg] # it takes what it does not name
        (dict, GIVEN),
        (None, GIVEN),
    ],
)
def test_what_a_context_schema_does_not_know_is_dropped(schema, context):
    assert coerce_context(schema, GIVEN) == context


def test_a_typed_dict_may_lack_keys_and_holds_its_values_as_they_came():
    assert coerce_context(Typed, {"name": {"deep": [1]}}) == {"name": {"deep": [1]}}
    assert coerce_context(Typed, {}) == {}
