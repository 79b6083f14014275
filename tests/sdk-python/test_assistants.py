"""AssistantsClient, async and sync: every method with every parameter; and the assistant that each graph has."""

from uuid import UUID, uuid4, uuid5

import pytest
from langgraph_sdk.errors import BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError

from both_clients import Both
from language import either

NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")


def default_of(graph: str) -> str:
    return str(uuid5(NAMESPACE, graph))


async def made(both: Both, graph: str = "ctx", **given) -> dict:
    """A new assistant."""
    return await both.assistants.create(graph, **given)


async def test_every_graph_has_a_default_assistant(both: Both):
    assistants = await both.assistants.search(metadata={"created_by": "system"}, limit=100)
    by_graph = {assistant["graph_id"]: assistant for assistant in assistants}
    assert {"agent", "multi", "hitl", "factory", "func"} <= set(by_graph)
    for graph, assistant in by_graph.items():
        assert assistant["assistant_id"] == default_of(graph)
        assert assistant["metadata"] == {"created_by": "system"}
        assert (assistant["version"], assistant["config"], assistant["context"]) == (1, {}, {})
    assert by_graph["factory"]["name"] == "factory"
    assert await both.assistants.get(default_of("agent")) == by_graph["agent"]


async def test_create_keeps_all_it_is_given(both: Both):
    assistant_id, mark = str(uuid4()), str(uuid4())
    given = {
        "config": {"tags": ["t"], "recursion_limit": 9, "configurable": {"model": "m"}},
        "metadata": {"mark": mark, "assistant_id": "reserved"},
        "name": "Mine",
        "description": "What it does",
    }
    assistant = await made(both, assistant_id=assistant_id, **given)
    assert list(assistant) == [
        "assistant_id",
        "graph_id",
        "config",
        "context",
        "metadata",
        "name",
        "created_at",
        "updated_at",
        "version",
        "description",
    ]
    assert assistant == assistant | {
        "assistant_id": assistant_id,
        "graph_id": "ctx",
        "config": given["config"],
        "context": {"model": "m"},
        "metadata": {"mark": mark},
        "name": "Mine",
        "description": "What it does",
        "version": 1,
    }
    assert await both.assistants.get(assistant_id) == assistant
    with pytest.raises(ConflictError):
        await made(both, assistant_id=assistant_id)
    with pytest.raises(ConflictError):
        await made(both, assistant_id=assistant_id, if_exists="raise")
    assert await made(both, "agent", assistant_id=assistant_id, if_exists="do_nothing", name="Other") == assistant


async def test_create_mirrors_the_context_into_the_config(both: Both):
    assistant = await made(both, context={"model": "m"}, config={"tags": ["t"]})
    assert assistant["config"] == {"tags": ["t"], "configurable": {"model": "m"}}
    assert (assistant["name"], assistant["description"]) == ("Untitled", None)
    with pytest.raises(BadRequestError):
        await made(both, context={"model": "m"}, config={"configurable": {"model": "m"}})
    with pytest.raises(NotFoundError):
        await made(both, "no-such-graph")
    with pytest.raises(UnprocessableEntityError):
        await made(both, assistant_id="not-a-uuid")


async def test_update_makes_a_version_of_every_change(both: Both):
    first = await made(both, metadata={"a": 1}, name="one")
    assistant_id = first["assistant_id"]
    second = await both.assistants.update(
        assistant_id, graph_id="agent", metadata={"b": 2}, name="two", description="2", config={"tags": ["t"]}
    )
    assert second == second | {
        "graph_id": "agent",
        "metadata": {"a": 1, "b": 2},
        "name": "two",
        "description": "2",
        "version": 2,
        "config": {"tags": ["t"]},
        "created_at": first["created_at"],
    }
    assert second["updated_at"] > first["updated_at"]
    third = await both.assistants.update(assistant_id, context={"model": "m"})
    assert (third["version"], third["context"], third["config"]["configurable"]) == (3, {"model": "m"}, {"model": "m"})

    versions = await both.assistants.get_versions(assistant_id)
    assert [version["version"] for version in versions] == [3, 2, 1]
    assert [version["name"] for version in versions] == ["two", "two", "one"]
    assert "updated_at" not in versions[0]
    (middle,) = await both.assistants.get_versions(assistant_id, limit=1, offset=1)
    assert middle == versions[1]
    assert await both.assistants.get_versions(assistant_id, metadata={"b": 2}) == versions[:2]
    assert await both.assistants.get_versions(assistant_id, metadata={"b": 3}) == []

    back = await both.assistants.set_latest(assistant_id, 1)
    assert (back["version"], back["name"], back["graph_id"], back["context"]) == (1, "one", "ctx", {})
    assert await both.assistants.get(assistant_id) == back
    assert (await both.assistants.update(assistant_id, name="four"))["version"] == 4
    with pytest.raises(NotFoundError):
        await both.assistants.set_latest(assistant_id, 9)
    with pytest.raises(NotFoundError):
        await both.assistants.update(str(uuid4()), name="nobody")


async def test_a_run_uses_the_version_that_is_latest(both: Both):
    assistant = await made(both, context={"model": "first"})
    assistant_id = assistant["assistant_id"]
    await both.assistants.update(assistant_id, context={"model": "second"})
    for version, model in ((2, "second"), (1, "first")):
        await both.assistants.set_latest(assistant_id, version)
        seen = (await both.runs.wait(None, assistant_id, input={}))["seen"]
        assert seen["context"]["model"] == model


async def test_search_and_count_by_every_filter(both: Both):
    mark = str(uuid4())
    metadata = {"mark": mark}
    ids = [
        (await made(both, graph, metadata=metadata, name=name))["assistant_id"]
        for graph, name in (
            ("ctx", f"b {mark}"),
            ("agent", f"A {mark}"),
            ("ctx", f"c% {mark}"),
        )
    ]

    async def found(**query) -> list[str]:
        return [assistant["assistant_id"] for assistant in await both.assistants.search(**query)]

    assert await found(metadata=metadata) == ids[::-1]
    assert await found(metadata=metadata, graph_id="agent") == [ids[1]]
    assert await found(name=f"a {mark.upper()}") == [ids[1]]
    assert await found(name="%", metadata=metadata) == [ids[2]]
    assert await found(metadata=metadata, sort_by="name", sort_order="asc") == [ids[1], ids[0], ids[2]]
    assert await found(metadata=metadata, sort_by="created_at", sort_order="asc", limit=1, offset=1) == [ids[1]]
    rows = await both.assistants.search(metadata=metadata, select=["assistant_id", "name"], limit=1)
    assert rows == [{"assistant_id": ids[2], "name": f"c% {mark}"}]
    page = await both.assistants.search(metadata=metadata, limit=2, response_format="object")
    assert ([row["assistant_id"] for row in page["assistants"]], page["next"]) == (ids[:0:-1], "2")
    rest = await both.assistants.search(metadata=metadata, limit=2, offset=2, response_format="object")
    assert ([row["assistant_id"] for row in rest["assistants"]], rest["next"]) == ([ids[0]], None)

    assert await found(metadata={"mark": str(uuid4())}) == []
    assert await both.assistants.count(metadata=metadata) == 3
    assert await both.assistants.count(metadata=metadata, graph_id="ctx") == 2
    assert await both.assistants.count(metadata=metadata, name="c%") == 1
    for wrong in ({"sort_by": "zap"}, {"sort_by": "metadata"}, {"limit": 1001}):
        with pytest.raises(UnprocessableEntityError):
            await both.assistants.search(**wrong)
    with pytest.raises(NotFoundError):
        await both.assistants.search(graph_id="no-such-graph")


async def test_delete_with_and_without_threads(both: Both):
    for delete_threads in (False, True):
        assistant_id = (await made(both))["assistant_id"]
        thread_id = (await both.threads.create())["thread_id"]
        await both.runs.wait(thread_id, assistant_id, input={})
        await both.assistants.delete(assistant_id, delete_threads=delete_threads)
        with pytest.raises(NotFoundError):
            await both.assistants.get(assistant_id)
        if delete_threads:
            with pytest.raises(NotFoundError):
                await both.threads.get(thread_id)
        else:
            assert (await both.threads.get(thread_id))["status"] == "idle"
    with pytest.raises(NotFoundError):
        await both.assistants.delete(str(uuid4()))


async def test_the_drawing_of_a_graph(both: Both):
    graph = await both.assistants.get_graph(default_of("multi"))
    assert [node["id"] for node in graph["nodes"]] == ["__start__", "a", "slow", "b", "__end__"]
    assert {"source": "a", "target": "slow", **either({}, {"conditional": False})} in graph["edges"]
    assert await both.assistants.get_graph("multi") == graph


async def test_the_drawing_reaches_as_deep_as_asked(both: Both):
    assistant_id = (await made(both, "nested"))["assistant_id"]
    whole = await both.assistants.get_graph(assistant_id, xray=True)
    assert {"child:c1", "child:c2"} <= {node["id"] for node in whole["nodes"]}
    assert await both.assistants.get_graph(assistant_id, xray=1) == whole
    flat = await both.assistants.get_graph(assistant_id, xray=False)
    assert [node["id"] for node in flat["nodes"]] == ["__start__", "before", "child", "after", "__end__"]
    with pytest.raises(UnprocessableEntityError):
        await both.assistants.get_graph(assistant_id, xray=-1)


async def test_the_schemas_of_a_graph(both: Both):
    schemas = await both.assistants.get_schemas(default_of("ctx"))
    assert set(schemas) == {
        "graph_id",
        "input_schema",
        "output_schema",
        "state_schema",
        "config_schema",
        "context_schema",
    }
    context = schemas["context_schema"]["properties"]
    assert (context["model"]["default"], context["temp"]["type"]) == ("default-model", "number")
    assert schemas["config_schema"] == schemas["context_schema"]
    plain = await both.assistants.get_schemas(default_of("agent"))
    assert (plain["context_schema"], plain["config_schema"]) == (None, {})
    # TypeScript's types are gone when code runs: what is left does not say which keys have to be there.
    assert plain["input_schema"].get("required") == either(["messages"], None)
    assert plain["state_schema"]["title"] == either("agent_state", "agent")


async def test_schemas_and_subgraphs(both: Both):
    assistant_id = (await made(both, "nested"))["assistant_id"]
    schemas = await both.assistants.get_schemas(assistant_id)
    assert schemas["graph_id"] == "nested"
    assert set(schemas["state_schema"]["properties"]) == {"ask", "log"}
    everything = await both.assistants.get_subgraphs(assistant_id, recurse=True)
    assert list(everything) == ["child"]
    assert set(everything["child"]) == {
        "input_schema",
        "output_schema",
        "state_schema",
        "config_schema",
        "context_schema",
    }
    assert await both.assistants.get_subgraphs(assistant_id, namespace="child") == everything
    assert await both.assistants.get_subgraphs(assistant_id, namespace="nobody", recurse=True) == {}

    plain = (await made(both, "multi"))["assistant_id"]
    assert await both.assistants.get_subgraphs(plain) == {}


async def test_what_is_refused(both: Both):
    for ask in (both.assistants.get, both.assistants.get_schemas, both.assistants.get_graph):
        with pytest.raises(NotFoundError):
            await ask(str(uuid4()))
    with pytest.raises(UnprocessableEntityError):
        await both.assistants.get("agent")
    with pytest.raises(UnprocessableEntityError):
        await both.assistants.get_graph("no-such-graph")
