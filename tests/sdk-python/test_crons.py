"""Crons through the Python SDK: making, finding, changing and deleting them; what they start when they are due."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient
from langgraph_sdk.errors import BadRequestError, NotFoundError, UnprocessableEntityError

MULTI = str(uuid5(UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8"), "multi"))
LOG = ["in", "a", "slow", "b"]
YEARLY = "0 0 1 1 *"
EVERY_SECOND = "* * * * * *"
"""Six fields: the last one is for seconds."""


@pytest.fixture
async def mark(client: LangGraphClient) -> AsyncIterator[dict[str, str]]:
    """Metadata that no other test uses. Crons that have it are deleted after the test."""
    mark = {"mark": str(uuid4())}
    yield mark
    for cron in await client.crons.search(metadata=mark, limit=100):
        await client.crons.delete(cron["cron_id"])


@pytest.fixture
def sync_client() -> Iterator[SyncLangGraphClient]:
    """A client that blocks."""
    with get_sync_client(url=os.environ["LGX_URL"], api_key=None) as made:
        yield made


async def some(ask: Callable[[], Awaitable[list[Any]]]) -> list[Any]:
    """What is found once anything is: nobody is told when a cron fires."""

    async def found() -> list[Any]:
        while not (rows := await ask()):
            pass
        return rows

    return await asyncio.wait_for(found(), 30)


async def test_a_cron_starts_runs_with_threads_of_their_own(client: LangGraphClient, mark: dict[str, str]):
    cron = await client.crons.create(
        "multi", schedule=EVERY_SECOND, input={"log": ["in"]}, metadata=mark, on_run_completed="keep"
    )
    assert (cron["assistant_id"], cron["thread_id"], cron["enabled"]) == (MULTI, None, True)
    assert cron["payload"]["config"] == {"configurable": {"cron_id": cron["cron_id"]}}
    (thread, *_) = await some(lambda: client.threads.search(metadata=mark, sort_by="created_at", sort_order="asc"))
    await client.crons.delete(cron["cron_id"])
    assert thread["metadata"] == {**mark, "graph_id": "multi", "assistant_id": MULTI}
    (run,) = await client.runs.list(thread["thread_id"])
    assert (await client.runs.join(thread["thread_id"], run["run_id"]))["log"] == LOG
    assert run["metadata"] == {"created_by": "system", **mark, "graph_id": "multi", "assistant_id": MULTI}
    assert run["kwargs"]["config"]["configurable"]["cron_id"] == cron["cron_id"]
    assert (await client.threads.get(thread["thread_id"]))["status"] == "idle"


async def test_threads_of_runs_go_with_them_unless_asked_to_stay(client: LangGraphClient, mark: dict[str, str]):
    cron = await client.crons.create("multi", schedule=EVERY_SECOND, input={"log": ["in"], "delay": 5}, metadata=mark)
    assert cron["on_run_completed"] == "delete"
    (thread, *_) = await some(lambda: client.threads.search(metadata=mark))
    await client.crons.update(cron["cron_id"], enabled=False)
    (run,) = await client.runs.list(thread["thread_id"])
    await client.runs.join(thread["thread_id"], run["run_id"])
    with pytest.raises(NotFoundError):
        await client.threads.get(thread["thread_id"])


async def test_a_cron_on_a_thread_runs_there(client: LangGraphClient, thread_id: str, mark: dict[str, str]):
    cron = await client.crons.create_for_thread(
        thread_id,
        MULTI,
        schedule=EVERY_SECOND,
        input={"log": ["in"]},
        metadata=mark,
        config={"tags": ["t"], "configurable": {"k": 1}},
        interrupt_before=["b"],
        multitask_strategy="enqueue",
        stream_mode=["updates", "values"],
        stream_subgraphs=True,
        stream_resumable=True,
        durability="sync",
    )
    assert (cron["thread_id"], cron["on_run_completed"]) == (thread_id, None)
    (*_, run) = await some(lambda: client.runs.list(thread_id))
    await client.crons.delete(cron["cron_id"])
    assert (await client.runs.join(thread_id, run["run_id"]))["log"][:3] == ["in", "a", "slow"]
    # It may have been due once more before it was deleted.
    for other in await client.runs.list(thread_id):
        await client.runs.join(thread_id, other["run_id"])
    kwargs = run["kwargs"]
    assert (kwargs["config"]["tags"], kwargs["config"]["configurable"]["k"]) == (["t"], 1)
    assert (kwargs["stream_mode"], kwargs["interrupt_before"]) == (["updates", "values"], ["b"])
    assert (await client.threads.get_state(thread_id))["next"] == ["b"]


async def test_all_that_can_be_asked_of_a_cron_is_kept(client: LangGraphClient, mark: dict[str, str]):
    end = datetime(2999, 1, 1, tzinfo=timezone.utc)
    cron = await client.crons.create(
        MULTI,
        schedule="30 9 1 1 *",
        timezone=ZoneInfo("Asia/Kolkata"),
        end_time=end,
        enabled=False,
        input={"log": []},
        metadata=mark,
        context={"k": 1},
        interrupt_before="*",
        interrupt_after=["a"],
        webhook="https://example.com/hook",
        multitask_strategy="reject",
        stream_mode="updates",
        stream_subgraphs=True,
        stream_resumable=True,
        durability="exit",
    )
    assert (cron["schedule"], cron["timezone"], cron["enabled"]) == ("30 9 1 1 *", "Asia/Kolkata", False)
    assert (cron["end_time"], cron["metadata"]) == (end.isoformat(), mark)
    assert cron["next_run_date"].endswith("-01-01T04:00:00+00:00")
    asked = cron["payload"]
    assert (asked["context"], asked["interrupt_before"], asked["interrupt_after"]) == ({"k": 1}, "*", ["a"])
    assert (asked["webhook"], asked["multitask_strategy"]) == ("https://example.com/hook", "reject")
    assert (asked["stream_mode"], asked["stream_subgraphs"], asked["stream_resumable"]) == ("updates", True, True)
    assert asked["durability"] == "exit"
    assert await client.crons.search(metadata=mark) == [cron]


async def test_crons_are_found_and_counted(client: LangGraphClient, thread_id: str, mark: dict[str, str]):
    one = await client.crons.create("multi", schedule=YEARLY, metadata={**mark, "n": 1})
    two = await client.crons.create_for_thread(thread_id, "agent", schedule="0 0 1 2 *", metadata=mark, enabled=False)

    async def found(**query: Any) -> list[str]:
        return [cron["cron_id"] for cron in await client.crons.search(**query)]

    one_id, two_id = one["cron_id"], two["cron_id"]
    assert await found(metadata=mark) == [two_id, one_id]
    assert await found(metadata={**mark, "n": 1}) == [one_id]
    assert await found(metadata=mark, assistant_id=MULTI) == [one_id]
    assert await found(thread_id=thread_id) == [two_id]
    assert await found(metadata=mark, enabled=True) == [one_id]
    assert await found(metadata=mark, sort_by="next_run_date", sort_order="asc") == [one_id, two_id]
    assert await found(metadata=mark, limit=1, offset=1) == [one_id]
    (row,) = await client.crons.search(thread_id=thread_id, select=["cron_id", "schedule"])
    assert row == {"cron_id": two_id, "schedule": "0 0 1 2 *"}
    assert await client.crons.count(metadata=mark) == 2
    assert await client.crons.count(metadata=mark, assistant_id=MULTI) == 1
    assert await client.crons.count(thread_id=thread_id) == 1
    await client.threads.delete(thread_id)
    assert await found(metadata=mark) == [one_id]


async def test_a_cron_is_changed(client: LangGraphClient, mark: dict[str, str]):
    cron = await client.crons.create("multi", schedule=YEARLY, metadata={**mark, "a": 1})
    cron_id = cron["cron_id"]
    past = datetime.now(timezone.utc) - timedelta(days=1)
    changed = await client.crons.update(
        cron_id,
        schedule="0 12 1 7 *",
        timezone="America/New_York",
        metadata={"b": 2},
        config={"tags": ["x"]},
        input={"log": ["new"]},
        enabled=False,
        on_run_completed="keep",
    )
    assert (changed["schedule"], changed["timezone"]) == ("0 12 1 7 *", "America/New_York")
    assert changed["next_run_date"].endswith("-07-01T16:00:00+00:00")
    assert changed["metadata"] == changed["payload"]["metadata"] == {**mark, "a": 1, "b": 2}
    assert changed["payload"]["config"] == {"tags": ["x"], "configurable": {"cron_id": cron_id}}
    assert (changed["enabled"], changed["on_run_completed"]) == (False, "keep")
    ended = await client.crons.update(cron_id, end_time=past)
    assert (ended["end_time"], ended["next_run_date"]) == (past.isoformat(), None)
    kept = await client.crons.update(cron_id, enabled=True)
    assert kept["end_time"] == past.isoformat()
    endless = await client.crons.update(cron_id, end_time=None)
    assert (endless["end_time"], endless["next_run_date"]) == (None, changed["next_run_date"])


async def test_what_is_refused(client: LangGraphClient, thread_id: str):
    unknown = str(uuid4())
    for ask in (client.crons.delete, lambda cron_id: client.crons.update(cron_id, enabled=True)):
        with pytest.raises(NotFoundError):
            await ask(unknown)
        with pytest.raises(UnprocessableEntityError):
            await ask("not-a-uuid")
    with pytest.raises(NotFoundError):
        await client.crons.create("nope", schedule=YEARLY)
    with pytest.raises(NotFoundError):
        await client.crons.create_for_thread(unknown, "multi", schedule=YEARLY)
    with pytest.raises(UnprocessableEntityError):
        await client.crons.create("multi", schedule="every day")
    with pytest.raises(UnprocessableEntityError):
        await client.crons.create("multi", schedule=YEARLY, timezone="Nowhere")
    with pytest.raises(UnprocessableEntityError):
        await client.crons.create_for_thread(thread_id, "multi", schedule=YEARLY, multitask_strategy="bad")
    with pytest.raises(BadRequestError):
        await client.crons.create("multi", schedule="0 0 30 2 *")
    with pytest.raises(UnprocessableEntityError):
        await client.crons.search(assistant_id="multi")
    assert await client.crons.search(thread_id=thread_id) == []


async def test_the_client_that_blocks(sync_client: SyncLangGraphClient, thread_id: str, mark: dict[str, str]):
    crons = sync_client.crons
    one = crons.create("multi", schedule=YEARLY, metadata=mark, timezone="Europe/Berlin")
    two = crons.create_for_thread(thread_id, "multi", schedule=EVERY_SECOND, metadata=mark, input={"log": ["in"]})
    deadline = datetime.now(timezone.utc) + timedelta(seconds=30)
    while not (runs := sync_client.runs.list(thread_id)):
        assert datetime.now(timezone.utc) < deadline
    assert sync_client.runs.join(thread_id, runs[-1]["run_id"])["log"][:4] == LOG
    assert crons.delete(two["cron_id"]) is None
    changed = crons.update(one["cron_id"], enabled=False, end_time=None)
    assert (changed["enabled"], changed["timezone"]) == (False, "Europe/Berlin")
    assert crons.search(metadata=mark, enabled=False) == [changed]
    assert crons.count(metadata=mark) == 1
