"""The output schema of a graph decides what `values` and `updates` show, and never what its thread keeps."""

import asyncio
import uuid

import pytest

from fake_server import connected
from projects import load, needs_context_in_nodes, run

GRAPH_IDS = {
    "narrow": "narrow.py:graph",
    "swapped": "narrow.py:swapped",
    "doubler": "narrow.py:doubler",
    "steps": "steps.py:graph",
    "workflow": "forms.py:workflow",
}
TEA = {"topic": "tea"}


def ran(graph_id, input, *more, **changes):
    """The answers to one run and to those after it on its thread, and what the last one asked of the server."""

    async def test():
        async with connected() as (server, _):
            await load(server, GRAPH_IDS)
            thread = str(uuid.uuid4())
            answers = []
            for what in ({"input": input}, *more):
                server.seen.clear()
                answers.append(await run(server, graph_id, thread_id=thread, **{**changes, **what}))
            return answers, [method for method in server.seen if not method.startswith("~")]

    return asyncio.run(test())


def test_values_are_those_of_the_output_when_one_of_them_was_written():
    (answer,), _ = ran("narrow", TEA)
    assert answer.events == [("values", {"summary": "done tea"})]


def test_a_later_run_begins_with_nothing_as_its_input_is_no_output():
    (_, later), _ = ran("narrow", TEA, {"input": {"topic": "milk"}})
    assert later.events == [("values", {"summary": "done milk"})]


def test_updates_of_nodes_that_write_no_output_are_null():
    (answer,), _ = ran("narrow", TEA, stream_mode=["updates"])
    assert answer.events == [
        ("updates", {"collect": None}),
        ("updates", {"close": {"summary": "done tea"}}),
        ("updates", {"tidy": None}),
    ]


def test_the_thread_keeps_the_whole_state():
    (answer,), _ = ran("narrow", TEA)
    assert answer.values == {"topic": "tea", "notes": ["n"], "summary": "done tea"}


@needs_context_in_nodes
def test_a_question_shows_the_output_so_far_and_an_answer_begins_with_it():
    (asked, answered), _ = ran("narrow", {**TEA, "ask": True}, {"command": {"resume": "black"}})
    [(name, shown)] = asked.events
    assert (name, list(shown)) == ("values", ["__interrupt__"])
    assert asked.values == {"topic": "tea", "ask": True, "notes": []}
    assert [data for _, data in answered.events] == [{}, {"summary": "done tea"}]
    assert answered.values == {"topic": "tea", "ask": True, "notes": ["black"], "summary": "done tea"}


def test_a_breakpoint_shows_nothing_and_the_thread_has_the_state():
    (answer,), _ = ran("narrow", TEA, interrupt_before=["close"])
    assert answer.events == []
    assert (answer.meta["next"], answer.values) == (["close"], {"topic": "tea", "notes": ["n"]})


@pytest.mark.parametrize("mode", ["debug", "tasks"])
def test_tasks_show_all_that_nodes_write(mode):
    (answer,), _ = ran("narrow", TEA, stream_mode=[mode])
    results = [data.get("payload", data).get("result") for _, data in answer.events]
    assert {"notes": ["n"]} in results


def test_checkpoints_show_the_whole_state():
    (answer,), _ = ran("narrow", TEA, stream_mode=["checkpoints"])
    assert answer.events[-1][1]["values"] == answer.values


def test_beside_events_everything_is_shown_as_events_tell_it_anyway():
    (answer,), _ = ran("narrow", TEA, stream_mode=["events", "values", "updates"])
    assert answer.named("values")[-1] == answer.values
    assert answer.named("updates")[0] == {"collect": {"notes": ["n"]}}


def test_the_event_protocol_shows_the_whole_state():
    (answer,), _ = ran("narrow", TEA, event_streaming=True)
    assert answer.named("values")[-1] == answer.values == {"topic": "tea", "notes": ["n"], "summary": "done tea"}


def test_the_output_may_be_one_bare_value():
    (answer,), _ = ran("doubler", 3)
    assert answer.events == [("values", 12)]
    assert answer.values == {"number": 3, "doubled": 6, "result": 12}


def test_a_temporary_run_has_no_thread_to_keep_values_for():
    (answer,), _ = ran("narrow", TEA, temporary=True)
    assert answer.events == [("values", {"summary": "done tea"})]
    assert (answer.meta["has_values"], answer.sections) == (False, [])


@pytest.mark.parametrize(
    ("graph_id", "given", "asked"),
    [
        ("steps", {"log": []}, []),
        ("workflow", 3, []),
        ("swapped", TEA, []),
        ("narrow", TEA, ["checkpoint.get"]),
    ],
)
def test_the_state_is_read_back_only_if_it_was_not_streamed(graph_id, given, asked):
    (answer,), seen = ran(graph_id, given, prefetched=True)
    assert (answer.meta["status"], seen) == ("success", asked)
