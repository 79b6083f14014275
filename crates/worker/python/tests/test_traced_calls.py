"""What runs tell of the calls of models, tools and retrievers that they make."""

import json

import pytest

from fake_server import connected
from lgx_worker import traced_calls
from lgx_worker.call_content import MOST_INPUT, Content
from projects import load, needs_context_in_nodes, run
from test_handlers import MESSAGES

NAMES = ("asked", "threaded", "streamed", "together", "used", "tried", "found", "listened", "often", "nested")
GRAPH_IDS = {name: f"calling.py:{name}" for name in NAMES}


@pytest.fixture
async def server():
    """A server whose worker has loaded the graphs above, and records calls."""
    async with connected() as (server, _):
        loaded = await load(server, GRAPH_IDS, traces=True)
        assert not [graph for graph in loaded["graphs"].values() if "error" in graph]
        yield server


async def calls_of(server, graph, text="hello you"):
    answer = await run(server, graph, {"text": text})
    assert answer.meta["status"] == "success", answer.meta
    return answer.calls.all()


@needs_context_in_nodes
async def test_a_call_of_a_model_tells_what_was_asked_and_answered(server):
    (call,) = await calls_of(server, "asked")
    assert (call["kind"], call["name"], call["model"], call["provider"]) == ("model", "Model", "fake-1", "model")
    assert (call["node"], call["ns"], call["parent_call_id"], call["cut"]) == ("node", "", None, False)
    assert call["task_id"]
    assert [message["content"] for message in call["input"]] == ["hello you"]
    assert call["end"]["output"]["content"] == "HELLO YOU"
    assert call["end"]["usage"] == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    assert call["tools"] == [{"name": "shout"}]
    assert call["parameters"] == {"temperature": 0.1}
    assert call["at"] <= call["end"]["at"]
    assert "sk-secret" not in json.dumps(call)


@needs_context_in_nodes
async def test_synchronous_nodes_are_recorded_from_their_threads(server):
    (call,) = await calls_of(server, "threaded")
    assert (call["node"], call["end"]["output"]["content"]) == ("node", "HELLO YOU")


@needs_context_in_nodes
async def test_an_answer_that_is_streamed_tells_its_first_token(server):
    (call,) = await calls_of(server, "streamed", "a b c")
    assert call["at"] <= call["first_token_at"] <= call["end"]["at"]
    assert call["text"].startswith("A")
    assert call["end"]["output"]["content"] == "ABC"
    assert call["end"]["usage"]["total_tokens"] == 7


@needs_context_in_nodes
async def test_calls_at_the_same_time_are_told_apart(server):
    calls = await calls_of(server, "together", "x")
    assert sorted(call["end"]["output"]["content"] for call in calls) == ["X 0", "X 1", "X 2"]
    assert len({call["call_id"] for call in calls}) == 3


@needs_context_in_nodes
async def test_a_model_that_a_tool_asks_is_within_the_call_of_the_tool(server):
    outer, inner = await calls_of(server, "used")
    assert (outer["kind"], outer["name"], outer["input"]) == ("tool", "shout", {"text": "hello you"})
    assert outer["end"]["output"] == "HELLO YOU"
    assert (inner["kind"], inner["parent_call_id"]) == ("model", outer["call_id"])


@needs_context_in_nodes
async def test_a_tool_that_raises_has_its_error_and_what_follows_is_not_within_it(server):
    broken, after = await calls_of(server, "tried")
    assert (broken["end"]["error"], broken["end"]["output"]) == ("ValueError: no hello you", None)
    assert after["parent_call_id"] is None


@needs_context_in_nodes
async def test_a_model_that_fails_has_its_error_in_one_line(server):
    answer = await run(server, "asked", {"text": "fail"})
    (call,) = answer.calls.all()
    assert call["end"]["error"] == "ConnectionError: the model is not there"


async def test_retrievers_are_recorded(server):
    (call,) = await calls_of(server, "found")
    assert (call["kind"], call["name"], call["input"]) == ("retriever", "Library", "hello you")
    assert call["end"]["output"][0]["page_content"] == "hello you"


@needs_context_in_nodes
async def test_calls_of_subgraphs_have_their_namespace(server):
    answer = await run(server, "nested", {"text": "hi"})
    (call,) = answer.calls.all()
    child, node = answer.steps.started
    assert (call["ns"], call["task_id"]) == (f"child:{child['task_id']}", node["task_id"])


@needs_context_in_nodes
async def test_handlers_of_the_project_hear_what_they_always_heard(server):
    await calls_of(server, "listened")
    from langchain_core.callbacks import BaseCallbackHandler

    (handler,) = [kind for kind in BaseCallbackHandler.__subclasses__() if kind.__name__ == "Heard"][-1:]
    assert handler.heard == ["chat"]


@needs_context_in_nodes
async def test_more_calls_than_are_kept_are_counted(server, monkeypatch):
    monkeypatch.setattr(traced_calls, "MOST_CALLS", 2)
    answer = await run(server, "often", {"text": "x"})
    assert (len(answer.calls.all()), answer.calls.dropped) == (2, 3)


@needs_context_in_nodes
async def test_what_is_large_is_cut_within(server):
    text = "a" * 1_000_000
    (call,) = await calls_of(server, "asked", text)
    assert call["cut"] is True
    assert len(json.dumps(call)) < 256 * 1024
    assert call["input"][0]["content"].startswith("aaa")
    assert "characters …" in call["input"][0]["content"]


@pytest.mark.parametrize("value", ["x" * 900_000, ["y" * 100] * 20_000, {str(n): "z" for n in range(90_000)}])
def test_whatever_is_too_large_fits_afterwards_and_is_json(value):
    content = Content(value, MOST_INPUT)
    assert content.is_cut
    assert len(content.json) <= MOST_INPUT
    json.loads(content.json)


@needs_context_in_nodes
async def test_nothing_is_recorded_where_it_is_switched_off():
    async with connected() as (server, _):
        await load(server, {"asked": "calling.py:asked"})
        answer = await run(server, "asked", {"text": "hi"})
        assert answer.calls.all() == []


@needs_context_in_nodes
async def test_what_is_told_has_the_form_of_the_golden_message(server):
    (golden,) = [message["meta"]["calls"] for message in MESSAGES if message["name"] == "calls of a run"]
    start, end = golden["changes"][0]["start"], golden["changes"][2]["end"]
    answer = await run(server, "asked", {"text": "hi"})
    first, last = answer.calls.changes
    assert (set(first["start"]), set(last["end"])) == (set(start), set(end))
