"""A graph compiled with transformers, one of them the project's own."""

import operator
from typing import Annotated

from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from langgraph.stream import (
    CheckpointsTransformer,
    CustomTransformer,
    StreamChannel,
    StreamTransformer,
    TasksTransformer,
    UpdatesTransformer,
)
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


class Lengths(StreamTransformer):
    """How long the log is after each step."""

    def init(self):
        self.lengths = StreamChannel("lengths")
        return {"lengths": self.lengths}

    def process(self, event):
        if event["method"] == "values":
            self.lengths.push(len(event["params"]["data"]["log"]))
        return True


def node(state: State):
    get_stream_writer()("written")
    return {"log": ["node"]}


graph = (
    StateGraph(State)
    .add_node(node)
    .add_edge(START, "node")
    .compile(transformers=[CustomTransformer, UpdatesTransformer, CheckpointsTransformer, TasksTransformer, Lengths])
)
