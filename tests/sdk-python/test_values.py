"""Values of every kind that a graph can return, as JSON: the same in answers, streams, threads and states."""

import json
from typing import Any

import httpx
import pytest

from language import either, only_in

PLAIN = {"additional_kwargs": {}, "response_metadata": {}}
PYTHON: dict[str, Any] = {
    "pydantic": {"a": 1, "when": "2024-01-02"},
    "pydantic_1": {"a": 1, "when": "2024-01-02"},
    "dataclass": {"name": "d", "raw": "AP8="},
    "namedtuple": {"x": 1, "y": 2},
    "enum": "red",
    "datetime_utc": "2024-01-02T03:04:05.678000+00:00",
    "datetime_naive": "2024-01-02T03:04:05",
    "date": "2024-01-02",
    "time": "03:04:05",
    "timedelta": 90.0,
    "tz": "UTC",
    "uuid": "00000000-0000-0000-0000-000000000001",
    "decimal": 1.5,
    "decimal_int": 2,
    "path": "/a/b",
    "set": [1],
    "frozenset": ["x"],
    "tuple": [1, "2"],
    "deque": [1, 2],
    "bytes": "aGVsbG8=",
    "bytes_bin": "AP8=",
    "bytearray": "aGk=",
    "complex": None,
    "nan": None,
    "inf": None,
    "bigint": 2**70,
    "i64": 2**63,
    "intkey": {"1": "c", "null": "b", "2024-01-02": "d"},
    "human": {"content": "hi", **PLAIN, "type": "human", "name": None, "id": "h1"},
    "ai": {
        "content": "yo",
        **PLAIN,
        "type": "ai",
        "name": None,
        "id": "a1",
        "tool_calls": [],
        "invalid_tool_calls": [],
        "usage_metadata": None,
    },
    "system": {"content": "s", **PLAIN, "type": "system", "name": None, "id": "s1"},
    "tool": {
        "content": "r",
        **PLAIN,
        "type": "tool",
        "name": None,
        "id": "t1",
        "tool_call_id": "c1",
        "artifact": {"k": 1},
        "status": "success",
    },
    "doc": {"id": "d1", "metadata": {}, "page_content": "text", "type": "Document"},
    "lone_surrogate": "?x",
    "nul": "a\x00b",
    "unicode": "é☃😀\u2028",
    "plain": None,
    "type": None,
    "none": None,
    "model_class": None,
}
JAVASCRIPT: dict[str, Any] = {
    "date": "2024-01-02T03:04:05.678Z",
    "map": {"a": 1},
    "set": [1],
    "regexp": "/a+/g",
    "bytes": "aGk=",
    "nan": None,
    "infinity": None,
    "human": {"content": "hi", "id": "h1", **PLAIN, "type": "human"},
    "ai": {"content": "yo", "id": "a1", "tool_calls": [], "invalid_tool_calls": [], **PLAIN, "type": "ai"},
    "system": {"content": "s", "id": "s1", **PLAIN, "type": "system"},
    "tool": {"content": "r", "tool_call_id": "c1", "id": "t1", "artifact": {"k": 1}, **PLAIN, "type": "tool"},
    "doc": {"pageContent": "text", "metadata": {}, "id": "d1"},
    "lone_surrogate": "?x",
    "nul": "a\x00b",
    "unicode": "é☃😀\u2028",
    "plain": {"shown": 1},
    "none": None,
    "null_prototype": {"a": 1},
}
KINDS = either(PYTHON, JAVASCRIPT)


def written(value: Any) -> str:
    """JSON as the server writes it, key order and all."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_value_of_this_kind(kind: str, http: httpx.AsyncClient, thread_id: str):
    run = {"assistant_id": "kinds", "input": {"only": kind}, "stream_mode": ["values", "updates"]}
    value = written({kind: KINDS[kind]})
    whole = f'{{"only":"{kind}","v":{value}}}'
    assert (await http.post("/runs/wait", json=run)).text == whole
    stream = (await http.post(f"/threads/{thread_id}/runs/stream", json=run)).text
    assert f'data: {{"produce":{{"v":{value}}}}}\r\n' in stream
    assert f"data: {whole}\r\n" in stream
    for path in ("", "/state"):
        assert f'"values":{whole}' in (await http.get(f"/threads/{thread_id}{path}")).text


async def test_an_exception_is_a_value_too(http: httpx.AsyncClient):
    kind, name = either(("exception", "ValueError"), ("error", "RangeError"))
    answer = await http.post("/runs/wait", json={"assistant_id": "kinds", "input": {"only": kind}})
    assert answer.json()["v"] == {kind: {"error": name, "message": "bad"}}


@only_in("javascript", "Python stores integers of any size")
async def test_a_bigint_lives_as_long_as_its_run(http: httpx.AsyncClient, thread_id: str):
    run = {"assistant_id": "kinds", "input": {"only": "bigint"}}
    assert (await http.post("/runs/wait", json=run)).json()["v"] == {"bigint": 2**70}
    error = (await http.post(f"/threads/{thread_id}/runs/wait", json=run)).json()["__error__"]
    assert error["error"] == "TypeError"
    assert "`v` cannot be stored in the thread: it holds what JSON has no form for" in error["message"]


@only_in("javascript", "JSON of JavaScript has no place for them")
@pytest.mark.parametrize("kind", ["undefined", "function", "symbol"])
async def test_what_json_leaves_out(kind: str, http: httpx.AsyncClient, thread_id: str):
    run = {"assistant_id": "kinds", "input": {"only": kind}}
    assert (await http.post(f"/threads/{thread_id}/runs/wait", json=run)).json() == {"only": kind, "v": {}}


@only_in("python", "in JavaScript a function is left out of what is stored")
async def test_a_function_lives_as_long_as_its_run(http: httpx.AsyncClient, thread_id: str):
    run = {"assistant_id": "kinds", "input": {"only": "func"}}
    assert (await http.post("/runs/wait", json=run)).json()["v"] == {"func": None}
    error = (await http.post(f"/threads/{thread_id}/runs/wait", json=run)).json()["__error__"]
    assert error["error"] == "TypeError"
    assert "`v` cannot be stored in the thread" in error["message"]
