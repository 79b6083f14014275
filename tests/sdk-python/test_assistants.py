"""Assistants through the Python SDK: the default one of each graph, its drawing and its schemas."""

from uuid import UUID, uuid4, uuid5

import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError, UnprocessableEntityError

NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")


def default_of(graph: str) -> str:
    return str(uuid5(NAMESPACE, graph))


async def test_every_graph_has_a_default_assistant(client: LangGraphClient):
    assistants = await client.assistants.search(limit=100)
    by_graph = {assistant["graph_id"]: assistant for assistant in assistants}
    assert {"agent", "multi", "hitl", "factory", "func"} <= set(by_graph)
    for graph, assistant in by_graph.items():
        assert assistant["assistant_id"] == default_of(graph)
        assert assistant["metadata"] == {"created_by": "system"}
        assert (assistant["version"], assistant["config"], assistant["context"]) == (1, {}, {})
    assert by_graph["factory"]["name"] == "factory"
    assert await client.assistants.get(default_of("agent")) == by_graph["agent"]


async def test_search_finds_and_pages(client: LangGraphClient):
    (one,) = await client.assistants.search(graph_id="agent")
    assert one["graph_id"] == "agent"
    (nested,) = await client.assistants.search(name="STED_CH")
    assert nested["graph_id"] == "nested_chat"
    names = [
        assistant["name"] for assistant in await client.assistants.search(sort_by="name", sort_order="asc", limit=100)
    ]
    assert names == sorted(names, key=str.lower)
    page = await client.assistants.search(limit=2, response_format="object")
    assert (len(page["assistants"]), page["next"]) == (2, "2")
    assert await client.assistants.search(metadata={"created_by": "nobody"}) == []


async def test_the_drawing_of_a_graph(client: LangGraphClient):
    graph = await client.assistants.get_graph(default_of("multi"))
    assert [node["id"] for node in graph["nodes"]] == ["__start__", "a", "slow", "b", "__end__"]
    assert {"source": "a", "target": "slow"} in graph["edges"]
    by_name = await client.assistants.get_graph("multi")
    assert by_name == graph
    nodes = {node["id"] for node in (await client.assistants.get_graph(default_of("nested"), xray=True))["nodes"]}
    assert {"child:c1", "child:c2"} <= nodes
    assert "child:c1" not in {node["id"] for node in (await client.assistants.get_graph(default_of("nested")))["nodes"]}


async def test_subgraphs(client: LangGraphClient):
    subgraphs = await client.assistants.get_subgraphs(default_of("nested"))
    assert set(subgraphs) == {"child"}
    assert await client.assistants.get_subgraphs(default_of("multi")) == {}


async def test_the_schemas_of_a_graph(client: LangGraphClient):
    schemas = await client.assistants.get_schemas(default_of("ctx"))
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
    plain = await client.assistants.get_schemas(default_of("agent"))
    assert (plain["context_schema"], plain["config_schema"]) == (None, {})
    assert plain["input_schema"]["required"] == ["messages"]
    assert plain["state_schema"]["title"] == "agent_state"


async def test_what_is_refused(client: LangGraphClient):
    for ask in (client.assistants.get, client.assistants.get_schemas, client.assistants.get_graph):
        with pytest.raises(NotFoundError):
            await ask(str(uuid4()))
    with pytest.raises(UnprocessableEntityError):
        await client.assistants.get("agent")
    with pytest.raises(UnprocessableEntityError):
        await client.assistants.get_graph("no-such-graph")
    with pytest.raises(NotFoundError):
        await client.assistants.search(graph_id="no-such-graph")
    with pytest.raises(UnprocessableEntityError):
        await client.assistants.search(limit=1001)
