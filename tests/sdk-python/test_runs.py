"""Runs through the Python SDK: waiting, joining, cancelling, double texting, stateless runs, and what is refused."""

import asyncio
import re
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError

from conftest import URL
from streams import collect, names, of, start_slow

HELLO = {"messages": [{"role": "user", "content": "hello"}]}
WHOLE = ["in", "a", "slow", "b"]


async def status_of(client: LangGraphClient, thread_id: str) -> str:
    return (await client.threads.get(thread_id))["status"]


async def test_wait_answers_with_the_values_and_the_thread_remembers(client: LangGraphClient, thread_id: str):
    first = await client.runs.wait(thread_id, "agent", input=HELLO)
    assert [message["content"] for message in first["messages"]] == ["hello", "echo: hello"]
    second = await client.runs.wait(thread_id, "agent", input={"messages": [{"role": "user", "content": "again"}]})
    assert [message["content"] for message in second["messages"]] == ["hello", "echo: hello", "again", "echo: again"]
    thread = await client.threads.get(thread_id)
    assert thread["status"] == "idle"
    assert thread["values"] == second
    assert thread["metadata"]["graph_id"] == "agent"


async def test_a_background_run_can_be_joined_listed_and_deleted(client: LangGraphClient, thread_id: str):
    run = await client.runs.create(thread_id, "multi", input={"log": ["in"]}, metadata={"m": 1})
    assert run["status"] == "pending"
    assert run["metadata"]["m"] == 1
    assert run["multitask_strategy"] == "enqueue"
    assert run["kwargs"]["input"] == {"log": ["in"]}
    assert run["kwargs"]["stream_mode"] == ["values"]
    assert (await client.runs.join(thread_id, run["run_id"]))["log"] == WHOLE
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "success"
    assert [listed["run_id"] for listed in await client.runs.list(thread_id)] == [run["run_id"]]
    assert await client.runs.list(thread_id, status="error") == []
    await client.runs.delete(thread_id, run["run_id"])
    with pytest.raises(NotFoundError):
        await client.runs.get(thread_id, run["run_id"])
    assert await client.runs.list(thread_id) == []


async def test_an_assistant_can_be_named_by_its_id(client: LangGraphClient, thread_id: str):
    (assistant,) = await client.assistants.search(graph_id="multi")
    values = await client.runs.wait(thread_id, assistant["assistant_id"], input={"log": ["in"]})
    assert values["log"] == WHOLE


async def test_a_stateless_run_leaves_no_thread(client: LangGraphClient):
    before = await client.threads.count()
    assert (await client.runs.wait(None, "multi", input={"log": ["in"]}))["log"] == WHOLE
    parts = await collect(client.runs.stream(None, "multi", input={"log": ["in"]}, stream_mode="values"))
    assert of(parts, "values")[-1]["log"] == WHOLE
    assert await client.threads.count() == before


async def test_a_stateless_run_that_is_kept_leaves_its_thread(client: LangGraphClient):
    run = await client.runs.create(None, "multi", input={"log": ["in"]}, on_completion="keep")
    assert (await client.runs.join(run["thread_id"], run["run_id"]))["log"] == WHOLE
    assert (await client.threads.get_state(run["thread_id"]))["values"]["log"] == WHOLE


async def test_a_batch_starts_all_its_runs_in_order(client: LangGraphClient):
    payloads = [{"assistant_id": "agent", "input": HELLO}, {"assistant_id": "multi", "input": {"log": ["in"]}}]
    runs = await client.runs.create_batch(payloads)
    assert [run["metadata"]["graph_id"] for run in runs] == ["agent", "multi"]
    assert len({run["thread_id"] for run in runs}) == 2


async def test_an_exception_in_a_node_is_told_and_marks_run_and_thread(client: LangGraphClient, thread_id: str):
    with pytest.raises(Exception, match="ValueError: kaboom"):
        await client.runs.wait(thread_id, "boom", input={})
    thread = await client.threads.get(thread_id)
    assert thread["status"] == "error"
    assert thread["error"] == {"error": "ValueError", "message": "kaboom"}
    assert thread["values"] == {"ok": "yes"}
    (run,) = await client.runs.list(thread_id)
    assert run["status"] == "error"
    state = await client.threads.get_state(thread_id)
    assert state["next"] == ["explode"]
    assert state["tasks"][0]["error"] == "ValueError('kaboom')"


async def test_a_stream_of_a_failing_run_ends_with_the_error(client: LangGraphClient, thread_id: str):
    parts = await collect(client.runs.stream(thread_id, "boom", input={}, stream_mode="values"))
    assert parts[-1].event == "error"
    assert parts[-1].data == {"error": "ValueError", "message": "kaboom"}


async def test_the_recursion_limit_ends_a_loop(client: LangGraphClient, thread_id: str):
    with pytest.raises(Exception, match="GraphRecursionError: Recursion limit of 3"):
        await client.runs.wait(thread_id, "loop", input={"n": 0}, config={"recursion_limit": 3})


async def test_cancelling_stops_a_run_and_the_thread_can_go_on(client: LangGraphClient, thread_id: str):
    run_id = await start_slow(client, thread_id, 60, "in")
    await client.runs.cancel(thread_id, run_id, wait=True)
    assert (await client.runs.get(thread_id, run_id))["status"] == "interrupted"
    state = await client.threads.get_state(thread_id)
    assert (state["values"]["log"], state["next"]) == (["in", "a"], ["slow"])
    thread = await client.threads.get(thread_id)
    assert thread["status"] == "interrupted"
    assert thread["error"]["error"] == "UserInterrupt"
    await client.threads.update_state(thread_id, {"delay": 0}, as_node="a")
    assert (await client.runs.wait(thread_id, "multi", input=None))["log"] == WHOLE
    assert await status_of(client, thread_id) == "idle"


async def test_cancelling_with_rollback_forgets_the_run(client: LangGraphClient, thread_id: str):
    await client.runs.wait(thread_id, "multi", input={"log": ["kept"]})
    run_id = await start_slow(client, thread_id, 60, "gone")
    await client.runs.cancel(thread_id, run_id, wait=True, action="rollback")
    with pytest.raises(NotFoundError):
        await client.runs.get(thread_id, run_id)
    state = await client.threads.get_state(thread_id)
    assert (state["values"]["log"], state["next"]) == (["kept", "a", "slow", "b"], [])
    assert await status_of(client, thread_id) == "idle"


@pytest.mark.parametrize("action", ["interrupt", "rollback"])
async def test_who_waits_for_a_run_that_is_cancelled_hears_how_far_it_came(
    client: LangGraphClient, http: httpx.AsyncClient, thread_id: str, action: str
):
    body = {"assistant_id": "multi", "input": {"log": ["in"], "delay": 60}, "stream_resumable": True}
    async with http.stream("POST", f"/threads/{thread_id}/runs/wait", json=body) as waiting:
        run_id = waiting.headers["content-location"].rpartition("/")[2]
        async for part in client.runs.join_stream(thread_id, run_id, last_event_id="-1"):
            if part.event == "values" and part.data["log"] == ["in", "a"]:
                break
        await client.runs.cancel(thread_id, run_id, action=action)
        await waiting.aread()
        assert waiting.json()["log"] == ["in", "a"]


async def test_a_finished_run_cannot_be_cancelled(client: LangGraphClient, thread_id: str):
    run = await client.runs.create(thread_id, "multi", input={"log": ["in"]})
    await client.runs.join(thread_id, run["run_id"])
    with pytest.raises(NotFoundError):
        await client.runs.cancel(thread_id, run["run_id"])


async def drop_after_the_first_node(client: LangGraphClient, thread_id: str, on_disconnect: str, delay: float) -> str:
    """Streams a run until its slow node is at work, then hangs up; returns the run's id."""
    given = {"log": ["in"], "delay": delay}
    stream = client.runs.stream(thread_id, "multi", input=given, stream_mode="updates", on_disconnect=on_disconnect)
    async for part in stream:
        if part.event == "updates" and "a" in part.data:
            break
    await stream.aclose()
    return (await client.runs.list(thread_id))[0]["run_id"]


async def test_a_run_outlives_the_client_that_streams_it(client: LangGraphClient, thread_id: str):
    run_id = await drop_after_the_first_node(client, thread_id, "continue", delay=0.3)
    assert (await client.runs.join(thread_id, run_id))["log"] == WHOLE


async def test_a_run_ends_with_the_client_that_streams_it_if_so_asked(client: LangGraphClient, thread_id: str):
    run_id = await drop_after_the_first_node(client, thread_id, "cancel", delay=60)
    await client.runs.join(thread_id, run_id)
    assert (await client.runs.get(thread_id, run_id))["status"] == "interrupted"
    assert (await client.threads.get_state(thread_id))["values"]["log"] == ["in", "a"]


@pytest.mark.parametrize(
    ("strategy", "first_status", "log"),
    [
        ("enqueue", "success", ["one", "a", "slow", "b", "two", "a", "slow", "b"]),
        ("interrupt", "interrupted", ["one", "a", "two", "a", "slow", "b"]),
        ("rollback", None, ["two", "a", "slow", "b"]),
    ],
)
async def test_double_texting(
    client: LangGraphClient, thread_id: str, strategy: str, first_status: str | None, log: list[str]
):
    first = await start_slow(client, thread_id, 1, "one")
    values = await client.runs.wait(thread_id, "multi", input={"log": ["two"], "delay": 0}, multitask_strategy=strategy)
    assert values["log"] == log
    statuses = {run["run_id"]: run["status"] for run in await client.runs.list(thread_id)}
    assert statuses.pop(first, None) == first_status
    assert list(statuses.values()) == ["success"]
    assert await status_of(client, thread_id) == "idle"


async def test_double_texting_can_be_rejected(client: LangGraphClient, thread_id: str):
    first = await start_slow(client, thread_id, 60, "one")
    with pytest.raises(ConflictError):
        await client.runs.create(thread_id, "multi", input={"log": ["two"]}, multitask_strategy="reject")
    assert await status_of(client, thread_id) == "busy"
    await client.runs.cancel(thread_id, first, wait=True)
    assert [run["run_id"] for run in await client.runs.list(thread_id)] == [first]


async def test_queued_runs_execute_in_the_order_they_came(client: LangGraphClient, thread_id: str):
    first = await start_slow(client, thread_id, 0.3, "0")
    runs = [await client.runs.create(thread_id, "multi", input={"log": [str(n)], "delay": 0}) for n in (1, 2, 3)]
    values = await client.runs.join(thread_id, runs[-1]["run_id"])
    assert [word for word in values["log"] if word.isdigit()] == ["0", "1", "2", "3"]
    assert {run["status"] for run in await client.runs.list(thread_id)} == {"success"}
    assert first in {run["run_id"] for run in await client.runs.list(thread_id)}


async def test_runs_of_different_threads_execute_side_by_side(client: LangGraphClient):
    threads = [(await client.threads.create())["thread_id"] for _ in range(4)]
    # Each returns only once its slow node is at work, and none of those ends by itself.
    runs = await asyncio.gather(*(start_slow(client, thread_id, 60, "in") for thread_id in threads))
    for thread_id, run_id in zip(threads, runs, strict=True):
        await client.runs.cancel(thread_id, run_id, wait=True)


async def test_the_thread_can_be_made_by_the_run(client: LangGraphClient):
    thread_id = str(uuid4())
    with pytest.raises(NotFoundError):
        await client.runs.create(thread_id, "multi", input={"log": ["in"]})
    values = await client.runs.wait(thread_id, "multi", input={"log": ["in"]}, if_not_exists="create")
    assert values["log"] == WHOLE
    assert await status_of(client, thread_id) == "idle"


async def test_what_is_refused(client: LangGraphClient, thread_id: str):
    with pytest.raises(UnprocessableEntityError, match="multi"):
        await client.runs.create(thread_id, "no-such-graph", input={})
    with pytest.raises(NotFoundError):
        await client.runs.create(thread_id, str(uuid4()), input={})
    with pytest.raises(NotFoundError):
        await client.runs.get(thread_id, str(uuid4()))
    with pytest.raises(NotFoundError):
        await client.runs.cancel(thread_id, str(uuid4()))
    with pytest.raises(UnprocessableEntityError):
        await client.runs.create("not-a-uuid", "multi", input={})
    with pytest.raises(UnprocessableEntityError):
        await client.runs.create(thread_id, "multi", input={}, multitask_strategy="zap")
    with pytest.raises(UnprocessableEntityError):
        await client.runs.create(thread_id, "multi", input={}, stream_mode="zap")
    with pytest.raises(BadRequestError):
        await client.runs.create(
            thread_id, "ctx", input={}, context={"model": "m"}, config={"configurable": {"model": "n"}}
        )
    assert await client.runs.list(thread_id) == []


async def test_context_reaches_the_graph_and_server_keys_cannot_be_spoofed(client: LangGraphClient, thread_id: str):
    values = await client.runs.wait(thread_id, "ctx", input={}, context={"model": "m1"})
    assert values["seen"]["context"] == {"model": "m1", "temp": 0.5}
    values = await client.runs.wait(
        thread_id, "ctx", input={}, config={"tags": ["t"], "configurable": {"temp": 0.9, "run_id": "spoofed"}}
    )
    assert values["seen"]["context"]["temp"] == 0.9
    configurable = values["seen"]["config"]["configurable"]
    assert configurable["run_id"] != "spoofed"
    assert configurable["thread_id"] == thread_id
    assert configurable["graph_id"] == "ctx"
    assert configurable["langgraph_auth_user_id"] == ""


async def test_every_form_of_a_graph_runs(client: LangGraphClient, thread_id: str):
    assert (await client.runs.wait(None, "factory", input={}))["out"]
    assert "exec=True" in (await client.runs.wait(None, "factory_rt", input={}))["out"]
    for total in (5, 10):
        assert await client.runs.wait(thread_id, "func", input=[1, 2]) == {"squares": [1, 4], "total": total}


async def test_a_finished_stream_can_be_read_again_when_it_is_resumable(client: LangGraphClient, thread_id: str):
    run = await client.runs.create(
        thread_id, "multi", input={"log": ["in"]}, stream_resumable=True, stream_mode=["values"]
    )
    await client.runs.join(thread_id, run["run_id"])
    whole = await collect(client.runs.join_stream(thread_id, run["run_id"], last_event_id="-1"))
    assert names(whole) == {"metadata", "values"}
    assert of(whole, "values")[-1]["log"] == WHOLE
    middle = whole[2]
    assert middle.id
    rest = await collect(client.runs.join_stream(thread_id, run["run_id"], last_event_id=middle.id))
    assert [part.data for part in rest] == [part.data for part in whole[3:]]


async def test_every_stream_and_wait_names_a_place_to_come_back_to(client: LangGraphClient, thread_id: str):
    async with httpx.AsyncClient(base_url=URL, trust_env=False) as http:
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
