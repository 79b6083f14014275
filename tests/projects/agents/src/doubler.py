"""A graph of channels without a state schema: its output is one channel's bare value."""

from langgraph.channels import LastValue
from langgraph.pregel import NodeBuilder, Pregel

graph = Pregel(
    nodes={
        "double": NodeBuilder().subscribe_only("number").do(lambda number: number * 2).write_to("doubled"),
        "quadruple": NodeBuilder().subscribe_only("doubled").do(lambda number: number * 2).write_to("result"),
    },
    channels={"number": LastValue(int), "doubled": LastValue(int), "result": LastValue(int)},
    input_channels="number",
    output_channels="result",
)
