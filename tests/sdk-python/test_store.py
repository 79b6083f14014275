"""The store through the Python SDK: every method of its clients, search by meaning, times to live, and graphs that remember."""

import asyncio
import os
from uuid import uuid4

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError, UnprocessableEntityError


@pytest.fixture
def space() -> str:
    """A label that no other test uses."""
    return f"space {uuid4()}"


def keys(found: dict) -> list[str]:
    return [item["key"] for item in found["items"]]


async def test_an_item_is_put_read_replaced_and_deleted(client: LangGraphClient, space: str):
    store = client.store
    assert await store.get_item([space, "a"], "k") is None
    assert await store.put_item([space, "a"], "k", {"n": 1, "o": {"x": [1.5, None, "ü"]}}) is None
    item = await store.get_item([space, "a"], "k")
    assert (item["namespace"], item["key"], item["value"]) == (
        [space, "a"],
        "k",
        {"n": 1, "o": {"x": [1.5, None, "ü"]}},
    )
    await store.put_item([space, "a"], "k", {"n": 2})
    again = await store.get_item([space, "a"], "k", refresh_ttl=True)
    assert again["value"] == {"n": 2}
    assert again["created_at"] == item["created_at"] < again["updated_at"]
    await store.delete_item([space, "a"], "k")
    await store.delete_item([space, "a"], "k")
    assert await store.get_item([space, "a"], key="k") is None


async def test_items_are_searched_by_namespace_and_fields(client: LangGraphClient, space: str):
    store = client.store
    for number, label in enumerate(["a", "b", "a"]):
        await store.put_item([space, label], f"k{number}", {"n": number, "o": {"even": number % 2 == 0}})
    assert keys(await store.search_items([space])) == ["k0", "k1", "k2"]
    assert keys(await store.search_items([space, "a"])) == ["k0", "k2"]
    assert keys(await store.search_items([space], filter={"n": {"$gte": 1}, "o": {"even": True}})) == ["k2"]
    assert keys(await store.search_items([space], limit=1, offset=1, refresh_ttl=False)) == ["k1"]
    assert {item["score"] for item in (await store.search_items([space]))["items"]} == {None}
    with pytest.raises(BadRequestError, match="nope"):
        await store.search_items([space], filter={"n": {"$nope": 1}})


async def test_items_are_searched_by_meaning(client: LangGraphClient, space: str):
    store = client.store
    await store.put_item([space], "far", {"text": "bbb"})
    await store.put_item([space], "near", {"text": "aab"})
    await store.put_item([space], "unseen", {"text": "aaa"}, index=False)
    await store.put_item([space], "title", {"text": "b", "title": "a"}, index=["title"])
    found = (await store.search_items([space], query="aaaa"))["items"]
    assert [item["key"] for item in found] == ["title", "near", "far", "unseen"]
    assert [item["score"] for item in found] == [pytest.approx(1), pytest.approx(0.8**0.5), pytest.approx(0), None]
    assert keys(await store.search_items([space], query="b", limit=1)) == ["far"]


async def test_namespaces_are_listed_and_cut(client: LangGraphClient, space: str):
    store = client.store
    for labels in [["a", "x"], ["b", "x"], ["b", "y", "z"]]:
        await store.put_item([space, *labels], "k", {})
    listed = await store.list_namespaces(prefix=[space])
    assert listed["namespaces"] == [[space, "a", "x"], [space, "b", "x"], [space, "b", "y", "z"]]
    listed = await store.list_namespaces(prefix=[space, "*"], suffix=["x"], max_depth=2, limit=1, offset=1)
    assert listed["namespaces"] == [[space, "b"]]
    await store.delete_item([space, "a", "x"], "k")
    assert (await store.list_namespaces(prefix=[space, "a"]))["namespaces"] == []


async def test_an_item_lives_as_long_as_it_was_told_to(client: LangGraphClient, space: str):
    await client.store.put_item([space], "short", {}, ttl=0.01)
    await client.store.put_item([space], "long", {}, ttl=60)
    note = {"space": space, "note": "aab", "ttl": 0.01}
    assert (await client.runs.wait(None, "notes", input=note))["found"] == ["aab"]
    await asyncio.sleep(0.7)  # an item has no event for its end: the clock alone ends it
    assert await client.store.get_item([space], "short") is None
    assert keys(await client.store.search_items([space])) == ["long"]
    assert await client.store.get_item(["notes", space], "aab") is None


async def test_wrong_names_are_refused(client: LangGraphClient, space: str):
    with pytest.raises(BadRequestError):
        await client.store.put_item(["langgraph", space], "k", {})
    with pytest.raises(BadRequestError):
        await client.store.put_item([], "k", {})
    with pytest.raises(UnprocessableEntityError):
        await client.store.put_item([space, ""], "k", {})


def test_the_synchronous_client_does_the_same(space: str):
    with get_sync_client(url=os.environ["LGX_URL"], api_key=None) as client:
        store = client.store
        store.put_item([space], "k", {"text": "ab"}, index=["text"], ttl=60)
        assert store.get_item([space], key="k")["value"] == {"text": "ab"}
        (item,) = store.search_items([space], query="ab", filter={"text": "ab"})["items"]
        assert item["score"] == pytest.approx(1)
        assert store.list_namespaces(prefix=[space])["namespaces"] == [[space]]
        store.delete_item([space], key="k")
        assert store.get_item([space], key="k") is None


@pytest.mark.parametrize("graph", ["notes", "in_thread", "functional", "made"])
async def test_what_a_graph_keeps_is_there_for_other_runs_and_for_clients(
    client: LangGraphClient, space: str, graph: str
):
    async def keep(note: str, about: str | None = None) -> list[str]:
        given = {"space": space, "note": note, "about": about}
        return (await client.runs.wait(None, graph, input=given))["found"]

    assert await keep("aab") == ["aab"]
    assert await keep("bbc") == ["aab", "bbc"]
    assert await keep("ccc", about="c") == ["ccc", "bbc", "aab"]
    assert keys(await client.store.search_items(["notes", space], query="b")) == ["bbc", "aab", "ccc"]
    await client.store.put_item(["notes", space], "ab", {"text": "ab"})
    assert await keep("aab", about="ab") == ["ab", "aab", "bbc", "ccc"]


async def test_a_factory_reads_the_store_too(client: LangGraphClient, space: str):
    await client.store.put_item(["settings"], "made", {"suffix": "!"})
    given = {"space": space, "note": "aab"}
    assert (await client.runs.wait(None, "made", input=given))["found"] == ["aab!"]
    await client.store.delete_item(["settings"], "made")


@pytest.mark.parametrize("seed", range(12))
async def test_graphs_see_what_langgraphs_store_in_memory_would_show_them(client: LangGraphClient, seed: int):
    result = await client.runs.wait(None, "mirror", input={"seed": seed})
    assert result["differences"] == []
    assert result["operations"] > 100
