"""Asks for a city before it answers."""

from typing import Any

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt


def tell(state: MessagesState) -> dict[str, Any]:
    city = interrupt("Which city?")
    return {"messages": [AIMessage(f"Sunny in {city}", id="forecast")]}


graph = StateGraph(MessagesState).add_node(tell).add_edge(START, "tell").compile(name="clerk")
