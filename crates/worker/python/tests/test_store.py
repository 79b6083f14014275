"""The store of graphs: what they see of it is what langgraph's `InMemoryStore` would show them."""

import asyncio
import datetime
from array import array

import pytest
from langgraph.store.base import GetOp, Item, ListNamespacesOp, MatchCondition, PutOp, SearchItem, SearchOp
from langgraph.store.memory import InMemoryStore

from fake_server import connected
from lgx_worker.errors import CallFailed
from projects import GRAPHS, load, needs_context_in_nodes, process, run

LETTERS = {"file": str(GRAPHS / "remembers.py"), "attribute": "embed"}


def index(attribute="embed", fields=("$",)):
    spec = {"embed": {**LETTERS, "attribute": attribute}, "dims": 3, "fields": list(fields)}
    return {"index": spec, "ttl": None}


def embed(texts):
    return [[float(text.count(letter)) for letter in "abc"] for text in texts]


def comparable(result):
    """A result without its times, and with scores as they survive 32 bits."""
    if isinstance(result, SearchItem):
        return result.namespace, result.key, result.value, None if result.score is None else round(result.score, 5)
    if isinstance(result, Item):
        return result.namespace, result.key, result.value
    if isinstance(result, list):
        return [comparable(one) for one in result]
    return result


@pytest.mark.parametrize("sync", [False, True])
async def test_a_batch_is_one_frame_whose_reads_see_what_was_there_before(sync):
    async with connected() as (server, worker):
        await load(server, {})
        store, expected = worker.store, InMemoryStore()
        batches = [
            [PutOp(("x", "a"), "k", {"n": 1}), PutOp(("x", "b"), "k", {"n": 2}), GetOp(("x", "a"), "k")],
            [
                PutOp(("x", "a"), "k", {"n": 3}),
                SearchOp(("x",), filter={"n": {"$gt": 1}}),
                PutOp(("x", "a"), "k", {"n": 4}),
                GetOp(("x", "a"), "k"),
                PutOp(("x", "b"), "k", None),
                ListNamespacesOp((MatchCondition("suffix", ("*", "b")),), max_depth=2),
            ],
            [GetOp(("x", "a"), "k"), SearchOp(("x",), offset=1), GetOp(("x", "b"), "k")],
        ]
        for batch in batches:
            before = len(server.seen)
            results = await asyncio.to_thread(store.batch, batch) if sync else await store.abatch(batch)
            assert comparable(results) == comparable(expected.batch(batch)), batch
            assert server.seen[before:] == ["store.batch"]


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("most", [1, 2, 3, 5])
async def test_what_does_not_fit_into_one_answer_is_asked_for_in_several(most, sync):
    async with connected() as (server, worker):
        await load(server, {})
        store, expected = worker.store, InMemoryStore()
        fill = [PutOp(("x",), f"k{number}", {"n": number}) for number in range(7)]
        expected.batch(fill)
        await store.abatch(fill)
        server.items.most = most
        batch = [
            GetOp(("x",), "k0"),
            PutOp(("x",), "new", {"n": 7}),
            SearchOp(("x",), limit=6),
            SearchOp(("x",), offset=5),
            GetOp(("x",), "new"),
            SearchOp(("nothing",)),
            PutOp(("x",), "k1", None),
        ]
        before = len(server.seen)
        results = await asyncio.to_thread(store.batch, batch) if sync else await store.abatch(batch)
        assert comparable(results) == comparable(expected.batch(batch))
        assert len(server.seen) - before > 1
        writes = [op["key"] for op in server.items.seen[len(fill) :] if op["op"] in ("put", "delete")]
        assert writes == ["new", "k1"]


@pytest.mark.parametrize("attribute", ["embed", "embed_async"])
@pytest.mark.parametrize("sync", [False, True])
async def test_items_are_found_by_meaning_as_in_the_store_in_memory(attribute, sync):
    expected = InMemoryStore(index={"dims": 3, "embed": embed, "fields": ["title", "parts[*].text"]})
    async with connected() as (server, worker):
        await load(server, {}, store=index(attribute, ["title", "parts[*].text"]))
        store = worker.store
        for key, value, indexed in [
            ("k1", {"title": "aaa", "parts": [{"text": "b"}, {"text": "cc"}]}, None),
            ("k2", {"title": "ab"}, None),
            ("k3", {"title": "c"}, False),
            ("k4", {"title": "c", "other": "aab"}, ["other"]),
            ("k5", {"none": 1}, None),
        ]:
            expected.put(("x",), key, value, index=indexed)
            if sync:
                await asyncio.to_thread(store.put, ("x",), key, value, index=indexed)
            else:
                await store.aput(("x",), key, value, index=indexed)
        for query in ["a", "b", "abc", ""]:
            if sync:
                found = await asyncio.to_thread(store.search, ("x",), query=query)
            else:
                found = await store.asearch(("x",), query=query)
            assert comparable(found) == comparable(expected.search(("x",), query=query)), query


async def test_the_whole_value_is_indexed_where_nothing_else_is_said():
    async with connected() as (server, worker):
        await load(server, {}, store=index())
        await worker.store.aput(("x",), "k", {"t": "aab"})
        await worker.store.aput(("x",), "l", {"t": "aab"}, index=["$"])
        vectors = [[2.0, 1.0, 0.0]]
        assert server.items.vectors == {(("x",), "k"): vectors, (("x",), "l"): vectors}


async def test_the_server_can_ask_for_vectors():
    async with connected() as (server, _):
        await load(server, {}, store=index(fields=["t[*]"]))
        items = [
            {"value": {"t": ["ab", "c"]}, "fields": None},
            {"value": {"u": "a"}, "fields": ["u"]},
            {"value": {}},
        ]
        answer = await server.call("store.embed", {"items": items, "queries": ["cc"]})
        assert answer.meta == {"dimensions": 3}
        floats = [array("f", section).tolist() for section in answer.sections]
        assert floats == [[1, 1, 0, 0, 0, 1], [1, 0, 0], [], [0, 0, 2]]


@pytest.mark.parametrize(
    ("attribute", "says"),
    [("nothing_such", "has no `nothing_such`"), ("not_embeddings", "it is an int")],
)
async def test_embeddings_that_cannot_be_loaded_fail_the_load(attribute, says):
    async with connected() as (server, _):
        with pytest.raises(CallFailed, match=says) as failed:
            await load(server, {}, store=index(attribute))
        assert failed.value.type == "StoreIndexError"


async def test_a_model_without_its_provider_says_what_to_install():
    async with connected() as (server, _):
        spec = {"index": {"embed": {"model": "nobody:nothing"}, "dims": 3, "fields": ["$"]}, "ttl": None}
        with pytest.raises(CallFailed, match="nobody:nothing"):
            await load(server, {}, store=spec)


async def test_vectors_of_another_width_than_configured_are_refused():
    async with connected() as (server, worker):
        await load(server, {}, store=index("embed_wrong"))
        with pytest.raises(ValueError, match=r"langgraph.json says 3"):
            await worker.store.aput(("x",), "k", {"t": "a"})
        assert server.items.seen == []


async def test_times_to_live_follow_the_configuration_unless_something_else_is_said():
    async with connected() as (server, worker):
        ttl = {"default_ttl": 7.5, "refresh_on_read": False}
        await load(server, {}, store={"index": None, "ttl": ttl})
        store = worker.store
        await store.aput(("x",), "a", {})
        await store.aput(("x",), "b", {}, ttl=1)
        await store.aput(("x",), "c", {}, ttl=None)
        await store.aget(("x",), "a")
        await store.aget(("x",), "a", refresh_ttl=True)
        await store.asearch(("x",))
        await store.aput(("x",), "d", {}, ttl=float("inf"))
        seen = [op.get("ttl", op.get("refresh_ttl")) for op in server.items.seen]
        assert seen == [7.5, 1, None, False, True, False, None]


async def test_values_become_json_and_times_are_times():
    async with connected() as (server, worker):
        await load(server, {})
        when = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
        await worker.store.aput(("x",), "k", {"when": when, "many": {1, 2}, "big": 10**40, "nan": float("nan")})
        item = await worker.store.aget(("x",), "k")
        assert item.value == {"when": when.isoformat(), "many": [1, 2], "big": 10**40, "nan": None}
        assert item.created_at.tzinfo is not None


@pytest.mark.parametrize(
    ("broken", "seen"),
    [
        (GetOp(("u",), "x\ud800"), ("u", "x?")),
        (GetOp(("u\ud800",), "x"), ("u?", "x")),
        (PutOp(("u",), "x\ud800", {"b": 2}), ("u", "x?")),
    ],
)
async def test_what_has_no_json_beside_a_value_leaves_the_value_as_it_is(broken, seen):
    async with connected() as (server, worker):
        await load(server, {})
        await worker.store.abatch([PutOp(("u",), "fine", {"a": 1, "big": 2**70}), broken])
        found = {(*op["namespace"], op["key"]): op.get("value") for op in server.items.seen}
        assert found == {
            ("u", "fine"): {"a": 1, "big": 2**70},
            seen: broken.value if isinstance(broken, PutOp) else None,
        }


async def test_what_the_server_refuses_is_raised():
    async with connected() as (server, worker):
        await load(server, {})
        server.fail["store.batch"] = "disk full"
        with pytest.raises(CallFailed, match="disk full"):
            await worker.store.aget(("x",), "k")
        with pytest.raises(CallFailed, match="disk full"):
            await asyncio.to_thread(worker.store.get, ("x",), "k")


@pytest.mark.parametrize(
    "name",
    [
        "in_async_node",
        pytest.param("in_thread", marks=needs_context_in_nodes),
        pytest.param("on_the_loop", marks=needs_context_in_nodes),
        "on_another_loop",
        "own_store",
        "parent",
    ],
)
async def test_every_kind_of_node_has_the_servers_store(name):
    # A process of its own: a node that blocks the worker's loop must not block the server's.
    async with process() as worker:
        server = worker.server
        loaded = await load(server, {"graph": f"remembers.py:{name}"})
        assert (await run(server, "graph", {"note": "one"})).values["notes"] == ["one"]
        assert (await run(server, "graph", {"note": "two"})).values["notes"] == ["one", "two"]
        notices = " ".join(loaded["graphs"]["graph"]["notices"])
        assert ("InMemoryStore" in notices) == (name == "own_store")


async def test_a_factory_has_the_servers_store():
    async with connected() as (server, _):
        await load(server, {"graph": "remembers.py:factory"})
        assert (await run(server, "graph", {"note": "one"})).values["notes"] == ["made", "one"]
