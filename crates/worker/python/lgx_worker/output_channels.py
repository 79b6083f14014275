"""What clients see of a graph's state: the channels of its output schema, where these are not all it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langgraph.pregel import Pregel


def narrowed_output(graph: Pregel) -> str | Sequence[str] | None:
    """The output's channels, as langgraph's `output_keys` takes them; None if the output is the whole state anyway.

    `Pregel.invoke` answers with these, while `Pregel.stream` shows every channel unless it is told otherwise.
    """
    output, state = graph.output_channels, graph.stream_channels_asis
    if output == state or (_several(output) and _several(state) and set(output) >= set(state)):
        return None
    return output


def _several(channels: str | Sequence[str]) -> bool:
    return not isinstance(channels, str)
