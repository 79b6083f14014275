"""Real handlers are asked what `tests/auth-matrix.json` says, with values of these types, and what they change counts."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from conftest import URL

TABLE = json.loads((Path(__file__).parents[1] / "auth-matrix.json").read_text())
ROWS = [row for row in TABLE["rows"] if "socket" not in row]


def name_of(row: dict) -> str:
    query = f"?{row['query']}" if "query" in row else ""
    return f"{row['request']}{query} {json.dumps(row.get('body', ''))[:40]}"


@pytest.fixture
async def alice() -> AsyncIterator[httpx.AsyncClient]:
    """A user of the project that writes down what it is asked."""
    headers = {"authorization": "Bearer alice", "x-lgx-studio": "1"}
    async with httpx.AsyncClient(base_url=URL, trust_env=False, timeout=60, headers=headers) as made:
        yield made


async def ok(answer: Any) -> Any:
    got = await answer
    assert got.is_success, (got.status_code, got.text)
    return got.json() if got.content else None


async def belongings(alice: httpx.AsyncClient) -> dict[str, str]:
    """What the placeholders of a request may stand for."""
    thread = (await ok(alice.post("/threads", json={})))["thread_id"]
    run = {"assistant_id": "agent", "input": {"text": "hi"}}
    await ok(alice.post(f"/threads/{thread}/runs/wait", json=run))
    (run,) = await ok(alice.get(f"/threads/{thread}/runs"))
    assistant = (await ok(alice.post("/assistants", json={"graph_id": "agent"})))["assistant_id"]
    cron = await ok(alice.post("/runs/crons", json={"assistant_id": "agent", "schedule": "0 0 1 1 *"}))
    state = await ok(alice.get(f"/threads/{thread}/state"))
    return {
        "thread": thread,
        "run": run["run_id"],
        "assistant": assistant,
        "cron": cron["cron_id"],
        "checkpoint": state["checkpoint"]["checkpoint_id"],
    }


async def calls(alice: httpx.AsyncClient) -> list[Any]:
    """Which handlers were called since the last time."""
    return await ok(alice.get("/calls"))


def fits(kind: Any, shape: Any) -> bool:
    """Whether a value's type is the one of the table."""
    if isinstance(shape, dict):
        optional = {key.removesuffix("?") for key in shape if key.endswith("?")}
        keys = {key.removesuffix("?"): inner for key, inner in shape.items()}
        whole = isinstance(kind, dict) and keys.keys() - optional <= kind.keys() <= keys.keys()
        return whole and all(fits(found, keys[key]) for key, found in kind.items())
    wanted = shape.split(" | ")
    if isinstance(kind, dict):
        return "dict" in wanted
    # An empty list has no type within, and a plain `list` says nothing of it.
    bare, inside = kind.partition("[")[0], "[" in kind
    return kind in wanted or bare in wanted or (not inside and any(one.startswith(f"{bare}[") for one in wanted))


@pytest.mark.parametrize("row", ROWS, ids=name_of)
async def test_handlers_are_asked_once_for_what_the_table_says(alice: httpx.AsyncClient, row: dict):
    has = await belongings(alice)
    has["task"] = f"{has['thread']}:{has['run']}"
    method, path = row["request"].split()
    if "agent" in row:
        path = path.replace("{assistant_id}", "agent")
    body = json.dumps(row["body"]) if "body" in row else ""
    for name, owned in has.items():
        path, body = path.replace(f"{{{name}_id}}", owned), body.replace(f'"${name}"', f'"{owned}"')
    path = path.replace("{namespace}", "none").replace("{graph_id}", "agent") + (
        f"?{row['query']}" if "query" in row else ""
    )
    await calls(alice)
    async with alice.stream(method, path, content=body) as answer:
        if "endless" not in row:
            await answer.aread()
    assert answer.status_code < 500
    first, *asked = await calls(alice)
    if "of_each" in row:
        shown = asked[len(row["asks"]) - 1 :]
        assert all(name == row["asks"][-1][0] for name, _ in shown), asked
        asked = asked[: len(row["asks"])]
    assert first == ["authenticate", f"{method} {path.partition('?')[0]}"]
    assert [name for name, _ in asked] == [name for name, _ in row["asks"]]
    for (name, kind), (_, noun) in zip(asked, row["asks"], strict=True):
        shape = TABLE["values"][noun] if isinstance(noun, str) else noun
        assert fits(kind, shape), f"{name}: {kind} instead of {shape}"


# ---- what handlers change


def wishing(wish: str) -> dict[str, dict[str, str]]:
    return {"headers": {"x-wish": wish}}


async def test_metadata_of_what_is_made_is_the_handlers(alice: httpx.AsyncClient):
    evil = {"metadata": {"owner": "evil", "mine": 1}}
    thread = await ok(alice.post("/threads", json=evil, **wishing("own")))
    assert thread["metadata"] == {"owner": "alice", "mine": 1}
    patched = await ok(alice.patch(f"/threads/{thread['thread_id']}", json=evil, **wishing("own")))
    assert patched["metadata"] == {"owner": "alice", "mine": 1}
    assistant = await ok(alice.post("/assistants", json={"graph_id": "agent", **evil}, **wishing("own")))
    assert assistant["metadata"]["owner"] == "alice"
    patched = await ok(alice.patch(f"/assistants/{assistant['assistant_id']}", json=evil, **wishing("own")))
    assert patched["metadata"]["owner"] == "alice"
    cron = {"assistant_id": "agent", "schedule": "0 0 1 1 *", **evil}
    cron = await ok(alice.post("/runs/crons", json=cron, **wishing("own")))
    assert (cron["metadata"]["owner"], cron["user_id"]) == ("alice", "alice")
    patched = await ok(alice.patch(f"/runs/crons/{cron['cron_id']}", json=evil, **wishing("own")))
    assert patched["metadata"]["owner"] == "alice"
    copied = await ok(alice.post(f"/threads/{thread['thread_id']}/copy", headers={"x-wish": "own"}))
    assert copied["metadata"]["owner"] == "alice"


async def test_metadata_of_a_run_is_that_of_a_thread_that_is_made_for_it(alice: httpx.AsyncClient):
    body = {"assistant_id": "agent", "input": {}, "if_not_exists": "create", "metadata": {"owner": "evil"}}
    thread = str(uuid4())
    run = await ok(alice.post(f"/threads/{thread}/runs", json=body, **wishing("own")))
    assert run["metadata"]["owner"] == "alice"
    assert (await ok(alice.get(f"/threads/{thread}")))["metadata"]["owner"] == "alice"
    stateless = await ok(alice.post("/runs", json={**body, "on_completion": "keep"}, **wishing("own")))
    assert stateless["metadata"]["owner"] == "alice"
    made = await ok(alice.get(f"/threads/{stateless['thread_id']}"))
    assert made["metadata"]["owner"] == "alice"
    # A thread that is there already keeps what it has.
    other = (await ok(alice.post("/threads", json={"metadata": {"owner": "bob"}})))["thread_id"]
    await ok(alice.post(f"/threads/{other}/runs/wait", json=body, **wishing("own")))
    assert (await ok(alice.get(f"/threads/{other}")))["metadata"]["owner"] == "bob"


@pytest.mark.parametrize(
    ("wish", "seen"),
    [
        ("", {"text": "mine", "tenant": None}),
        ("input", {"text": "for alice"}),
        ("tenant", {"tenant": "of alice"}),
        ("context", {"context": {"tenant": "by context"}}),
        ("somebody else", {"user": ["alice"] * 3, "server_info": "alice"}),
    ],
)
async def test_a_handler_may_change_what_a_run_gets_but_not_whose_it_is(
    alice: httpx.AsyncClient, wish: str, seen: dict
):
    for path in ("/runs/wait", "/runs/batch"):
        body: Any = {"assistant_id": "agent", "input": {"text": "mine"}, "on_completion": "keep"}
        if path == "/runs/wait":
            found = await ok(alice.post(path, json=body, **wishing(wish)))
        else:
            (run,) = await ok(alice.post(path, json=[body], **wishing(wish)))
            found = await ok(alice.get(f"/threads/{run['thread_id']}/runs/{run['run_id']}/join"))
            assert not [key for key in run["kwargs"]["context"] or {} if key.startswith(("langgraph_", "__"))]
        assert {key: found["seen"][key] for key in seen} == seen


async def test_a_handler_may_take_the_command_out_of_a_run(alice: httpx.AsyncClient):
    thread = (await ok(alice.post("/threads", json={})))["thread_id"]
    body = {"assistant_id": "agent", "command": {"update": {"text": "by command"}, "goto": "look"}}
    path = f"/threads/{thread}/runs/wait"
    assert (await ok(alice.post(path, json=body)))["seen"]["text"] == "by command"
    body = {"assistant_id": "agent", "input": {"text": "by input"}, "command": {"update": {"text": "again"}}}
    assert (await ok(alice.post(path, json=body, **wishing("no command"))))["seen"]["text"] == "by input"


async def test_what_runs_of_a_cron_get_is_decided_when_it_is_made(alice: httpx.AsyncClient):
    body = {"assistant_id": "agent", "schedule": "0 0 1 1 *", "input": {"text": "mine"}}
    cron = await ok(alice.post("/runs/crons", json=body, **wishing("payload")))
    assert cron["payload"]["input"] == {"text": "for alice"}
    assert cron["payload"]["config"]["configurable"]["cron_id"] == cron["cron_id"]
    change = {"input": {"text": "mine again"}}
    changed = await ok(alice.patch(f"/runs/crons/{cron['cron_id']}", json=change))
    assert changed["payload"]["input"] == {"text": "mine again"}
    changed = await ok(alice.patch(f"/runs/crons/{cron['cron_id']}", json=change, **wishing("payload")))
    assert changed["payload"]["input"] == {"text": "for alice"}


async def test_searches_find_what_the_handler_searches_for(alice: httpx.AsyncClient):
    mark = str(uuid4())
    for owner in ("alice", "bob"):
        await ok(alice.post("/threads", json={"metadata": {"mark": mark, "owner": owner}}))
    for path, count in (("/threads/search", len), ("/threads/count", int)):
        body = {"metadata": {"mark": mark}}
        assert count(await ok(alice.post(path, json=body))) == 2
        assert count(await ok(alice.post(path, json=body, **wishing("own")))) == 1
    # There is no metadata to search for by: adding it does no harm.
    thread = (await ok(alice.post("/threads/search", json={"metadata": {"mark": mark}}, **wishing("own"))))[0]
    for path in ("", "/state", "/history", "/runs"):
        await ok(alice.get(f"/threads/{thread['thread_id']}{path}", **wishing("own")))


async def test_items_are_where_the_handler_puts_them(alice: httpx.AsyncClient):
    space = str(uuid4())
    item = {"namespace": [space], "key": "k", "value": {"a": 1, "kind": "note"}}
    await ok(alice.put("/store/items", json=item, **wishing("another item")))
    moved = f"/store/items?namespace=alice.{space}&key=k of alice"
    assert (await ok(alice.get(moved)))["value"] == {"a": 1, "kind": "note", "by": "alice"}
    here = f"/store/items?namespace={space}&key=k"
    assert await ok(alice.get(here)) is None
    found = await ok(alice.get(here, **wishing("another item")))
    assert (found["namespace"], found["key"]) == (["alice", space], "k of alice")
    search = {"namespace_prefix": [space]}
    assert (await ok(alice.post("/store/items/search", json=search)))["items"] == []
    assert len((await ok(alice.post("/store/items/search", json=search, **wishing("below own"))))["items"]) == 1
    below = {"namespace_prefix": ["alice", space]}
    assert (await ok(alice.post("/store/items/search", json=below, **wishing("only reports"))))["items"] == []
    listed = await ok(alice.post("/store/namespaces", json={"prefix": [space]}, **wishing("below own")))
    assert listed["namespaces"] == [["alice", space]]
    await ok(alice.request("DELETE", "/store/items", json={"namespace": [space], "key": "k"}))
    assert await ok(alice.get(moved)) is not None
    await ok(
        alice.request("DELETE", "/store/items", json={"namespace": [space], "key": "k"}, **wishing("another item"))
    )
    assert await ok(alice.get(moved)) is None


# ---- filters


@pytest.mark.parametrize(
    ("found", "visible"),
    [
        ({}, "ABNDS"),
        ({"owner": "alice"}, "A"),
        ({"owner": {"$eq": "alice"}}, "A"),
        ({"team": {"$contains": "x"}}, "A"),
        ({"team": {"$contains": ["x", "y"]}}, "A"),
        ({"team": {"$contains": ["x", "q"]}}, ""),
        ({"owner": "bob", "team": ["z"]}, "B"),
        ({"$or": [{"owner": "alice"}, {"owner": "bob"}]}, "AB"),
        ({"$and": [{"team": ["x", "y"]}, {"$or": [{"n": 1}, {"n": 2}]}]}, "A"),
        ({"n": "1"}, ""),
        ({"owner": None}, ""),
        ({"missing": None}, ""),
    ],
)
async def test_filters_say_what_is_visible(alice: httpx.AsyncClient, found: dict, visible: str):
    metadata = {
        "A": {"owner": "alice", "team": ["x", "y"], "n": 1},
        "B": {"owner": "bob", "team": ["z"]},
        "N": {},
        "D": {"owner": {"eq": "alice"}},
        "S": {"team": "x"},
    }
    mark = str(uuid4())
    by_id = {}
    for name, one in metadata.items():
        made = await ok(alice.post("/threads", json={"metadata": {"mark": mark, **one}}))
        by_id[made["thread_id"]] = name
    headers = {"x-filter": json.dumps(found)}
    body = {"metadata": {"mark": mark}}
    searched = await ok(alice.post("/threads/search", json=body, headers=headers))
    assert sorted(by_id[thread["thread_id"]] for thread in searched) == sorted(visible)
    assert await ok(alice.post("/threads/count", json=body, headers=headers)) == len(visible)
    read = [by_id[one] for one in by_id if (await alice.get(f"/threads/{one}", headers=headers)).is_success]
    assert sorted(read) == sorted(visible)


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"owner": {"$ne": "a"}}, "$ne"),
        ({"owner": {"$in": ["a"]}}, "$in"),
        ({"owner": {"$exists": True}}, "$exists"),
        ({"owner": {"eq": "a"}}, "eq"),
        ({"$not": {"owner": "a"}}, "$not"),
        ({"owner": {}}, "owner"),
        ({"$or": [{"owner": "a"}]}, "$or"),
        ("alice", "str"),
        ([], "list"),
    ],
)
async def test_what_is_no_filter_is_an_error_that_names_it(alice: httpx.AsyncClient, found: Any, named: str):
    thread = (await ok(alice.post("/threads", json={})))["thread_id"]
    headers = {"x-filter": json.dumps(found)}
    for method, path in [
        ("POST", "/threads/search"),
        ("POST", "/threads/count"),
        ("GET", f"/threads/{thread}"),
        ("GET", f"/threads/{thread}/stream"),
        ("DELETE", f"/threads/{thread}"),
        ("POST", "/assistants/search"),
        ("POST", "/runs/crons/search"),
    ]:
        answer = await alice.request(method, path, json={} if method == "POST" else None, headers=headers)
        assert answer.status_code == 500, (path, answer.text)
        assert named in answer.json()["detail"]
    await ok(alice.get(f"/threads/{thread}"))
