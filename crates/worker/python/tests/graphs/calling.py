"""Graphs whose nodes call models, tools and retrievers, in all the ways in which that is done."""

import asyncio
import contextlib
import operator
from typing import Annotated, Any, ClassVar

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}


class State(TypedDict, total=False):
    text: str
    log: Annotated[list[str], operator.add]


class Model(BaseChatModel):
    model: str = "fake-1"
    api_key: str = "sk-secret"

    @property
    def _llm_type(self) -> str:
        return "fake"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "api_key": self.api_key, "temperature": 0.5, "default_headers": {"x": "sk-secret"}}

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        said = str(messages[-1].content)
        if said == "fail":
            raise ConnectionError("the model is not there\nand more")
        message = AIMessage(said.upper(), usage_metadata=USAGE)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        for word in str(messages[-1].content).split(" "):
            chunk = ChatGenerationChunk(message=AIMessageChunk(word.upper()))
            if run_manager:
                run_manager.on_llm_new_token(word.upper(), chunk=chunk)
            yield chunk
        yield ChatGenerationChunk(message=AIMessageChunk("", usage_metadata=USAGE))


model = Model()


@tool
def shout(text: str) -> str:
    """Say it loud."""
    return str(model.invoke(text).content)


@tool
def breaks(text: str) -> str:
    """Does not work."""
    raise ValueError(f"no {text}")


class Library(BaseRetriever):
    def _get_relevant_documents(self, query, *, run_manager):
        return [Document(page_content=query)]


def build(node, name):
    return StateGraph(State).add_node("node", node).add_edge(START, "node").compile(name=name)


async def asks(state: State):
    answer = await model.ainvoke(state["text"], tools=[{"name": "shout"}], temperature=0.1)
    return {"log": [str(answer.content)]}


def asks_in_a_thread(state: State):
    return {"log": [str(model.invoke(state["text"]).content)]}


async def streams(state: State):
    return {"log": ["".join([str(chunk.content) async for chunk in model.astream(state["text"])])]}


async def at_once(state: State):
    answers = await asyncio.gather(*(model.ainvoke(f"{state['text']} {n}") for n in range(3)))
    return {"log": [str(answer.content) for answer in answers]}


async def uses(state: State):
    return {"log": [await shout.ainvoke({"text": state["text"]})]}


async def tries(state: State):
    with contextlib.suppress(ValueError):
        await breaks.ainvoke({"text": state["text"]})
    return {"log": [str((await model.ainvoke("after")).content)]}


def looks_up(state: State):
    return {"log": [document.page_content for document in Library().invoke(state["text"])]}


class Heard(BaseCallbackHandler):
    heard: ClassVar[list[str]] = []

    def on_chat_model_start(self, *args, **kwargs):
        self.heard.append("chat")


async def listens(state: State):
    return {"log": [str((await model.ainvoke(state["text"], config={"callbacks": [Heard()]})).content)]}


async def many(state: State):
    for _ in range(5):
        await model.ainvoke(state["text"])
    return {"log": []}


_child = build(asks, "inner")
asked = build(asks, "asked")
threaded = build(asks_in_a_thread, "threaded")
streamed = build(streams, "streamed")
together = build(at_once, "together")
used = build(uses, "used")
tried = build(tries, "tried")
found = build(looks_up, "found")
listened = build(listens, "listened")
often = build(many, "often")
nested = StateGraph(State).add_node("child", _child).add_edge(START, "child").compile(name="nested")
