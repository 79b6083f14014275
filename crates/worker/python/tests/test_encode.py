"""Every value a graph can produce becomes the JSON that clients know, and none is refused."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import ipaddress
import json
import pathlib
import uuid
from collections import UserDict, deque, namedtuple
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.types import Command, Interrupt, Send
from pydantic import BaseModel, field_serializer
from pydantic.v1 import BaseModel as OldModel

from lgx_worker.encode import to_json, to_plain

Point = namedtuple("Point", "x y")


class Color(enum.Enum):
    RED = "red"


class Model(BaseModel):
    a: int = 1
    when: dt.date = dt.date(2024, 1, 2)


class Old(OldModel):
    a: int = 1


@dataclass
class Data:
    name: str = "d"
    raw: bytes = b"\x00\xff"
    _hidden: int = 1
    inner: dict[str, Any] = field(default_factory=dict)


class Plain:
    def __init__(self) -> None:
        self.secret = 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Model(), '{"a":1,"when":"2024-01-02"}'),
        (Old(), '{"a":1}'),
        (Data(), '{"name":"d","raw":"AP8=","inner":{}}'),
        (Point(1, 2), '{"x":1,"y":2}'),
        (Color.RED, '"red"'),
        (dt.datetime(2024, 1, 2, 3, 4, 5, 678000, dt.timezone.utc), '"2024-01-02T03:04:05.678000+00:00"'),
        (dt.datetime(2024, 1, 2, 3, 4, 5), '"2024-01-02T03:04:05"'),
        (dt.date(2024, 1, 2), '"2024-01-02"'),
        (dt.time(3, 4, 5), '"03:04:05"'),
        (dt.time(3, 4, 5, tzinfo=dt.timezone.utc), '"03:04:05+00:00"'),
        (dt.timedelta(seconds=90), "90.0"),
        (dt.timezone.utc, '"UTC"'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (decimal.Decimal("1.50"), "1.5"),
        (decimal.Decimal("2"), "2"),
        (decimal.Decimal("NaN"), "null"),
        (decimal.Decimal("1E+999999"), "null"),
        (pathlib.Path("/a/b"), '"/a/b"'),
        ({1}, "[1]"),
        (frozenset(["x"]), '["x"]'),
        ((1, "2"), '[1,"2"]'),
        (deque([1, 2]), "[1,2]"),
        (range(3), "[0,1,2]"),
        ({"a": 1}.keys(), '["a"]'),
        (b"hello", '"aGVsbG8="'),
        (bytearray(b"hi"), '"aGk="'),
        (memoryview(b"hi"), '"aGk="'),
        (1 + 2j, "null"),
        (float("nan"), "null"),
        (float("-inf"), "null"),
        (2**63, "9223372036854775808"),
        (ValueError("bad"), '{"error":"ValueError","message":"bad"}'),
        (KeyError("k"), '{"error":"KeyError","message":"\'k\'"}'),
        (ipaddress.ip_address("127.0.0.1"), '"127.0.0.1"'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        (UserDict(a=1), '{"a":1}'),
        (Plain(), "null"),
        (int, "null"),
        (Model, "null"),
        (lambda: 1, "null"),
        (Send("n", {"a": 1}), '{"node":"n","arg":{"a":1}}'),
        ("é☃😀\u2028", '"é☃😀\u2028"'),
    ],
    ids=lambda value: None if not isinstance(value, str) else value[:30],
)
def test_each_kind_of_value_has_its_json(value: Any, text: str) -> None:
    assert to_json({"v": value}).decode() == f'{{"v":{text}}}'
    # The slow way round must say the same; a wide integer beside the value forces it.
    assert to_json({"v": value, "w": 2**64}).decode() == f'{{"v":{text},"w":{2**64}}}'


class Marked(AIMessage):
    """A message of the project's own."""

    @field_serializer("content")
    def loud(self, content: Any) -> str:
        """What pydantic dumps is not what is held."""
        return f"{content}!"


MESSAGES = [
    HumanMessage("hi"),
    HumanMessage("hi", unknown=1),
    HumanMessage(
        [{"type": "text", "text": "hi"}], additional_kwargs={"when": dt.date(2024, 1, 2), "m": Model(), "b": b"x"}
    ),
    AIMessage("", tool_calls=[{"name": "f", "args": {"x": (1, 2)}, "id": "1"}], name="agent", id="a"),
    AIMessage("hi", usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
    AIMessageChunk("a", tool_call_chunks=[{"name": "f", "args": "{", "id": "1", "index": 0}]) + AIMessageChunk("b"),
    ToolMessage("done", tool_call_id="1", artifact=Model(), status="error"),
    ChatMessage("hi", role="critic"),
    RemoveMessage(id="a"),
    Marked("hi"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_of_a_message_that_is_written_which_pydantic_dumps(message: BaseMessage) -> None:
    assert to_json([message]) == to_json([message.model_dump()])
    assert repr(message.text)
    assert to_json([message]) == to_json([message.model_dump()])


def test_keys_that_are_not_text_are_spelt_out() -> None:
    value = {1: "a", None: "b", dt.date(2024, 1, 2): "d", 1.5: "e"}
    assert to_plain(value) == {"1": "a", "null": "b", "2024-01-02": "d", "1.5": "e"}


def test_keys_that_orjson_knows_nothing_about_do_not_fail_the_event() -> None:
    assert to_plain({(1, 2): "a", b"hi": "b", Color.RED: "c"}) == {"[1, 2]": "a", "aGk=": "b", "red": "c"}


def test_an_integer_of_any_width_keeps_its_digits() -> None:
    assert to_json({"n": 2**70}) == b'{"n":1180591620717411303424}'
    assert to_json(-(2**200)) == str(-(2**200)).encode()
    assert to_json(10**5000) == b"null"


def test_halves_of_surrogate_pairs_are_replaced_because_they_have_no_utf_8() -> None:
    assert to_plain("\ud800x") == "?x"
    assert to_plain({"\ud800": "\x00"}) == {"?": "\x00"}


@pytest.mark.parametrize("text", ["a\x00b", "\\u0000", "\\\\u0000", "\\\x00", "\\\\\x00\x00", "\n\\u0000\x00"])
def test_a_nul_is_kept(text: str) -> None:
    assert to_plain({text: text}) == {text: text}
    assert to_plain({text: text, "wide": 2**70})[text] == text


def test_cycles_and_bottomless_nesting_end_in_null() -> None:
    loop: dict[str, Any] = {"a": 1}
    loop["self"] = loop
    assert to_plain(loop) == {"a": 1, "self": None}
    deep: Any = "bottom"
    for _ in range(5000):
        deep = [deep]
    assert json.loads(to_json(deep)) != []


def test_the_same_object_twice_is_not_a_cycle() -> None:
    shared = {"a": 2**70}
    assert to_plain([shared, shared]) == [shared, shared]


def test_a_serializer_of_the_users_that_raises_costs_only_its_own_value() -> None:
    class Bad(BaseModel):
        a: int = 1

        @field_serializer("a")
        def broken(self, value: int) -> int:
            raise RuntimeError("no")

    assert to_plain({"bad": Bad(), "good": 1}) == {"bad": {"a": 1}, "good": 1}


def test_messages_have_the_shape_that_clients_read() -> None:
    head = {"additional_kwargs": {}, "response_metadata": {}}
    no_tools: dict[str, Any] = {"tool_calls": [], "invalid_tool_calls": [], "usage_metadata": None}
    human = {"content": "hi", **head, "type": "human", "name": None, "id": "h1"}
    assert list(to_plain(HumanMessage("hi", id="h1")).items()) == list(human.items())
    assert to_plain(SystemMessage("s", id="s1")) == {**human, "content": "s", "type": "system", "id": "s1"}
    assert to_plain(AIMessage("yo", id="a1")) == {**human, "content": "yo", "type": "ai", "id": "a1", **no_tools}
    assert to_plain(ToolMessage("r", tool_call_id="c1", id="t1", artifact={"k": 1})) == {
        **human,
        "content": "r",
        "type": "tool",
        "id": "t1",
        "tool_call_id": "c1",
        "artifact": {"k": 1},
        "status": "success",
    }
    assert to_plain(ChatMessage("c", role="critic", id="c"))["role"] == "critic"
    chunk = to_plain(AIMessageChunk("t", id="m"))
    assert chunk["type"] == "AIMessageChunk"
    assert list(chunk)[-2:] == ["tool_call_chunks", "chunk_position"]


def test_documents_interrupts_and_commands() -> None:
    document = {"id": "d1", "metadata": {}, "page_content": "text", "type": "Document"}
    assert to_plain(Document("text", id="d1")) == document
    assert to_json(Interrupt(value={"q": 1}, id="ab")) == b'{"value":{"q":1},"id":"ab","response_schema":null}'
    assert to_plain(Command(goto=[Send("n", 1)], update={"a": Point(1, 2)})) == {
        "graph": None,
        "update": {"a": {"x": 1, "y": 2}},
        "resume": None,
        "goto": [{"node": "n", "arg": 1}],
    }
