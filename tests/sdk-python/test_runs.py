"""RunsClient, async and sync: runs from their start to their end, alone and in batches, and what is refused.

The options of a run are in test_run_options.py, cancelling in test_cancel.py, streams in test_streams.py.
"""

import asyncio
import re
from uuid import UUID, uuid4

import httpx
import pytest
from langgraph_sdk.errors import BadRequestError, NotFoundError, UnprocessableEntityError

from both_clients import Both, new_thread
from language import either
from streams import collect, start_slow

HELLO = {"messages": [{"role": "user", "content": "hello"}]}
INPUT = {"log": ["in"]}
WHOLE = ["in", "a", "slow", "b"]


async def test_wait_answers_with_the_values_and_the_thread_remembers(both: Both, thread_id: str):
    first = await both.runs.wait(thread_id, "agent", input=HELLO)
    assert [message["content"] for message in first["messages"]] == ["hello", "echo: hello"]
    second = await both.runs.wait(thread_id, "agent", input={"messages": [{"role": "user", "content": "again"}]})
    assert [message["content"] for message in second["messages"]] == ["hello", "echo: hello", "again", "echo: again"]
    thread = await both.threads.get(thread_id)
    assert thread["status"] == "idle"
    assert thread["values"] == second
    assert thread["metadata"]["graph_id"] == "agent"


async def test_a_background_run_can_be_joined_listed_and_deleted(both: Both, thread_id: str):
    run = await both.runs.create(thread_id, "multi", input={"log": ["in"]}, metadata={"m": 1})
    assert run["status"] == "pending"
    assert run["metadata"]["m"] == 1
    assert run["multitask_strategy"] == "enqueue"
    assert run["kwargs"]["input"] == {"log": ["in"]}
    assert run["kwargs"]["stream_mode"] == ["values"]
    assert (await both.runs.join(thread_id, run["run_id"]))["log"] == WHOLE
    assert (await both.runs.get(thread_id, run["run_id"]))["status"] == "success"
    assert [listed["run_id"] for listed in await both.runs.list(thread_id)] == [run["run_id"]]
    await both.runs.delete(thread_id, run["run_id"])
    with pytest.raises(NotFoundError):
        await both.runs.get(thread_id, run["run_id"])
    assert await both.runs.list(thread_id) == []


async def test_an_assistant_can_be_named_by_its_id(both: Both, thread_id: str):
    (assistant,) = await both.assistants.search(graph_id="multi", metadata={"created_by": "system"})
    values = await both.runs.wait(thread_id, assistant["assistant_id"], input={"log": ["in"]})
    assert values["log"] == WHOLE


async def test_wait_may_return_the_error(both: Both):
    thread_id = await new_thread(both)
    with pytest.raises(Exception, match="ValueError: kaboom"):
        await both.runs.wait(thread_id, "boom", input={}, raise_error=True)
    error = await both.runs.wait(thread_id, "boom", input={}, raise_error=False)
    assert error == {"__error__": {"error": "ValueError", "message": "kaboom"}}


async def test_an_exception_in_a_node_is_told_and_marks_run_and_thread(both: Both, thread_id: str):
    with pytest.raises(Exception, match="ValueError: kaboom"):
        await both.runs.wait(thread_id, "boom", input={})
    thread = await both.threads.get(thread_id)
    assert thread["status"] == "error"
    assert thread["error"] == {"error": "ValueError", "message": "kaboom"}
    assert thread["values"] == {"ok": "yes"}
    (run,) = await both.runs.list(thread_id)
    assert run["status"] == "error"
    state = await both.threads.get_state(thread_id)
    assert state["next"] == ["explode"]
    assert state["tasks"][0]["error"] == either("ValueError('kaboom')", "ValueError: kaboom")


async def test_a_stream_of_a_failing_run_ends_with_the_error(both: Both, thread_id: str):
    parts = await collect(both.runs.stream(thread_id, "boom", input={}, stream_mode="values"))
    assert parts[-1].event == "error"
    assert parts[-1].data == {"error": "ValueError", "message": "kaboom"}


async def test_the_recursion_limit_ends_a_loop(both: Both, thread_id: str):
    with pytest.raises(Exception, match="GraphRecursionError: Recursion limit of 3"):
        await both.runs.wait(thread_id, "loop", input={"n": 0}, config={"recursion_limit": 3})


async def test_a_batch(both: Both):
    mark = str(uuid4())
    payloads = [
        {
            "assistant_id": "multi",
            "input": INPUT,
            "metadata": {"mark": mark},
            "config": {"tags": ["t"]},
            "webhook": None,
        },
        {"assistant_id": "ctx", "input": {}, "context": {"model": "m"}, "metadata": {"mark": mark}},
    ]
    runs = await both.runs.create_batch(payloads)
    assert [run["metadata"]["graph_id"] for run in runs] == ["multi", "ctx"]
    assert len({run["thread_id"] for run in runs}) == 2
    assert runs[0]["kwargs"]["config"]["tags"] == ["t"]
    assert runs[1]["kwargs"]["context"] == {"model": "m"}
    assert len({run["kwargs"]["config"]["configurable"]["langgraph_request_id"] for run in runs}) == 1
    with pytest.raises(UnprocessableEntityError):
        await both.runs.create_batch([payloads[0], {"assistant_id": "no-such-graph"}])


async def test_list_and_get(both: Both):
    thread_id = await new_thread(both)
    made = []
    for graph in ("multi", "multi", "boom"):
        made.append((await both.runs.create(thread_id, graph, input=INPUT))["run_id"])
        await both.runs.join(thread_id, made[-1])
    assert [run["run_id"] for run in await both.runs.list(thread_id)] == made[::-1]
    assert [run["run_id"] for run in await both.runs.list(thread_id, limit=1, offset=1)] == [made[1]]
    assert [run["run_id"] for run in await both.runs.list(thread_id, status="error")] == [made[2]]
    assert await both.runs.list(thread_id, select=["run_id", "status"], limit=1) == [
        {"run_id": made[2], "status": "error"}
    ]
    run = await both.runs.get(thread_id, made[0])
    assert list(run) == [
        "run_id",
        "thread_id",
        "assistant_id",
        "metadata",
        "status",
        "kwargs",
        "multitask_strategy",
        "created_at",
        "updated_at",
        "langsmith_session_name",
    ]
    assert list(run["kwargs"]) == [
        "input",
        "command",
        "config",
        "context",
        "stream_mode",
        "interrupt_before",
        "interrupt_after",
        "webhook",
        "feedback_keys",
        "temporary",
        "subgraphs",
        "resumable",
        "checkpoint_during",
        "durability",
    ]
    assert UUID(run["run_id"]).version == 7
    with pytest.raises(NotFoundError):
        await both.runs.get(thread_id, str(uuid4()))
    with pytest.raises(NotFoundError):
        await both.runs.list(str(uuid4()))


async def test_several_may_join(both: Both):
    thread_id = await new_thread(both)
    run = await both.runs.create(thread_id, "multi", input={"log": ["in"], "delay": 0.2})
    joined = await asyncio.gather(*(both.runs.join(thread_id, run["run_id"]) for _ in range(3)))
    assert [values["log"] for values in joined] == [WHOLE] * 3


async def test_delete(both: Both):
    thread_id = await new_thread(both)
    run_id = await start_slow(both, thread_id, 60, "in")
    await both.runs.delete(thread_id, run_id)
    with pytest.raises(NotFoundError):
        await both.runs.get(thread_id, run_id)
    assert (await both.threads.get(thread_id))["status"] == "idle"
    with pytest.raises(NotFoundError):
        await both.runs.delete(thread_id, run_id)


async def test_runs_of_different_threads_execute_side_by_side(both: Both):
    threads = [(await both.threads.create())["thread_id"] for _ in range(4)]
    # Each returns only once its slow node is at work, and none of those ends by itself.
    runs = await asyncio.gather(*(start_slow(both, thread_id, 60, "in") for thread_id in threads))
    for thread_id, run_id in zip(threads, runs, strict=True):
        await both.runs.cancel(thread_id, run_id, wait=True)


async def test_every_form_of_a_graph_runs(both: Both, thread_id: str):
    assert (await both.runs.wait(None, "factory", input={}))["out"]
    assert either("exec=True", "exec=true") in (await both.runs.wait(None, "factory_rt", input={}))["out"]
    for total in (5, 10):
        assert await both.runs.wait(thread_id, "func", input=[1, 2]) == {"squares": [1, 4], "total": total}


async def test_every_stream_and_wait_names_a_place_to_come_back_to(http: httpx.AsyncClient, thread_id: str):
    body = {"assistant_id": "multi", "input": {"log": ["in"]}, "stream_resumable": True, "on_completion": "keep"}
    for place in ("", f"/threads/{thread_id}"):
        streamed = await http.post(f"{place}/runs/stream", json=body)
        run = re.fullmatch(rf"{place}/runs/(?P<run_id>[0-9a-f-]+)", streamed.headers["content-location"])
        assert run and run["run_id"] in streamed.text
        again = await http.get(streamed.headers["location"], headers={"Last-Event-ID": "-1"})
        assert (again.status_code, again.text) == (200, streamed.text)
        waited = await http.post(f"{place}/runs/wait", json=body)
        joined = await http.get(waited.headers["location"])
        assert joined.json() == waited.json()


async def test_what_is_refused(both: Both, thread_id: str):
    with pytest.raises(UnprocessableEntityError, match="multi"):
        await both.runs.create(thread_id, "no-such-graph", input={})
    with pytest.raises(NotFoundError):
        await both.runs.create(thread_id, str(uuid4()), input={})
    with pytest.raises(NotFoundError):
        await both.runs.get(thread_id, str(uuid4()))
    with pytest.raises(NotFoundError):
        await both.runs.cancel(thread_id, str(uuid4()))
    with pytest.raises(UnprocessableEntityError):
        await both.runs.create("not-a-uuid", "multi", input={})
    with pytest.raises(UnprocessableEntityError):
        await both.runs.create(thread_id, "multi", input={}, multitask_strategy="zap")
    with pytest.raises(UnprocessableEntityError):
        await both.runs.create(thread_id, "multi", input={}, stream_mode="zap")
    with pytest.raises(BadRequestError):
        await both.runs.create(
            thread_id, "ctx", input={}, context={"model": "m"}, config={"configurable": {"model": "n"}}
        )
    assert await both.runs.list(thread_id) == []
