"""Counts the letters of a text, tells of each, and has a model say the end of it."""

from typing import Annotated

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import StreamWriter
from typing_extensions import TypedDict


class Text(TypedDict):
    text: str


class State(Text, total=False):
    letters: int
    messages: Annotated[list[AnyMessage], add_messages]


async def count(state: State, writer: StreamWriter) -> dict:
    for number, letter in enumerate(state["text"], 1):
        writer({"letter": letter, "number": number})
    return {"letters": len(state["text"])}


async def conclude(state: State, config: RunnableConfig) -> dict:
    model = GenericFakeChatModel(messages=iter([AIMessage("that is all")]))
    return {"messages": [await model.ainvoke("how many?", config)]}


builder = StateGraph(State, input_schema=Text)
builder.add_sequence([count, conclude]).add_edge(START, "count")
graph = builder.compile(name="letters")
