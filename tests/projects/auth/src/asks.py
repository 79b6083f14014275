"""Asks the server that runs it, with clients of the SDK that are told neither where it is nor who asks."""

from typing import Any

from langgraph.graph import START, StateGraph
from langgraph_sdk import get_client
from typing_extensions import TypedDict

AT_IMPORT = get_client()


class State(TypedDict, total=False):
    token: str
    threads: list[list[str]]
    whoami: dict[str, Any]


async def ask(state: State) -> State:
    threads = []
    # Some libraries add the header of Studio to all that they ask.
    clients = [AT_IMPORT, get_client(), get_client(headers={"x-auth-scheme": "langsmith"})]
    if "token" in state:
        clients = [get_client(headers={"authorization": f"Bearer {state['token']}"})]
    for client in clients:
        await client.threads.create(metadata={"by": "graph"})
        found = await client.threads.search(metadata={"by": "graph"}, limit=100)
        threads.append(sorted({thread["metadata"]["owner"] for thread in found}))
    return {"threads": threads, "whoami": (await clients[-1].runs.wait(None, "whoami", input={}))["seen"]}


graph = StateGraph(State).add_node(ask).add_edge(START, "ask").compile(name="asks")
