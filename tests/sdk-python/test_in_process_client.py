"""Graphs that use clients of the SDK without a URL: they talk to the server that runs them."""

from langgraph_sdk.client import LangGraphClient


async def test_a_graph_has_another_one_do_its_work(client: LangGraphClient):
    done = await client.runs.wait(None, "parent", input={"text": "hi"})
    assert done["answers"] == ["child saw hi"] * 4
    assert done["events"] == ["metadata", "values", "custom", "values"]
    assert len(await client.threads.search(metadata={"by": "parent"})) == 2


async def test_a_synchronous_node_may_run_a_loop_of_its_own_each_time(client: LangGraphClient):
    done = await client.runs.wait(None, "synchronous", input={"text": "ho"})
    assert done["answers"] == ["child saw ho"] * 3
