"""Says again what it hears, word by word, as a model would."""

from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langgraph.graph import START, MessagesState, StateGraph


async def answer(state: MessagesState) -> dict[str, Any]:
    said = state["messages"][-1].content
    model = GenericFakeChatModel(messages=iter([f"You said: {said}"]))
    return {"messages": [await model.ainvoke(state["messages"])]}


graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile(name="chat")
