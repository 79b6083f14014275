"""An assistant that looks up passages of documents, and answers from these and nothing else."""

import os
from typing import Any

from langchain_core.messages import SystemMessage
from langgraph.graph import START, MessagesState, StateGraph

from rag_agent.embeddings import load_embeddings
from rag_agent.index import Index
from rag_agent.model import load_model
from rag_agent.passages import DOCUMENTS, Passage, read

MOST_PASSAGES = 3

index = Index(read(DOCUMENTS), load_embeddings(os.environ))
model = load_model(os.environ)


class State(MessagesState):
    """A conversation, and what was looked up for its last question."""

    passages: list[Passage]


async def retrieve(state: State) -> dict[str, Any]:
    """Look up what the last message is about."""
    return {"passages": await index.search(state["messages"][-1].text, MOST_PASSAGES)}


async def answer(state: State) -> dict[str, Any]:
    """Answer from the passages."""
    instructions = SystemMessage(system_prompt(state["passages"]))
    return {"messages": [await model.ainvoke([instructions, *state["messages"]])]}


def system_prompt(passages: list[Passage]) -> str:
    """What the model is told, with a line for each passage."""
    lines = [f"[{passage['source']}] {passage['text']}" for passage in passages] or ["There is none."]
    return "\n".join(
        [
            "Answer the last question in a sentence or two, from these passages only, and name the source in brackets.",
            "If they do not have the answer, say so. The passages:",
            *lines,
        ]
    )


builder = StateGraph(State)
builder.add_node("retrieve", retrieve)
builder.add_node("answer", answer)
builder.add_edge(START, "retrieve")
builder.add_edge("retrieve", "answer")

graph = builder.compile(name="agent")
