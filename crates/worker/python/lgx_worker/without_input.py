"""A graph of which the state is looked at: its nodes are not run, so their input is not made either.

langgraph makes the input of every node that is next, also where it only tells which nodes those are. A model that got
one more required field since refuses old state there, and with it the look at it.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from langgraph.pregel import Pregel

if TYPE_CHECKING:
    from collections.abc import Sequence


def without_input(graph: Pregel) -> Pregel:
    """The same graph, with subgraphs and all, whose nodes take the values of channels as they are."""
    reader = copy.copy(graph)
    reader.nodes = {
        name: node.copy({"mapper": None, "subgraphs": _readers(node.subgraphs)}) for name, node in graph.nodes.items()
    }
    return reader


def _readers(subgraphs: Sequence[Any]) -> list[Any]:
    return [without_input(graph) if isinstance(graph, Pregel) else graph for graph in subgraphs]
