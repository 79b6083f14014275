"""Asks the server that runs it, and says what the answer was marked with on its way."""

from langgraph.graph import START, StateGraph
from langgraph_sdk import get_client
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    path: str
    mark: str
    answer: dict


async def ask(state: State):
    response = await get_client().http.client.get(state.get("path") or "/info")
    return {"mark": response.headers.get("x-app", "none"), "answer": response.json()}


graph = StateGraph(State).add_node(ask).add_edge(START, "ask").compile()
