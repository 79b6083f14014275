"""The stream mode `messages`: model output as accumulated snapshots of each message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.messages import BaseMessage, BaseMessageChunk, message_chunk_to_message


class MessageSnapshots:
    """Turns chunks into events: first a message's metadata, then what there is of it so far."""

    def __init__(self) -> None:
        self._so_far: dict[str, BaseMessage] = {}

    def events(self, message: BaseMessage, metadata: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """The events that one chunk, or one whole message, gives rise to."""
        id_ = message.id or ""
        known = self._so_far.get(id_)
        if known is None:
            yield "messages/metadata", {id_: {"metadata": metadata}}
        if not isinstance(message, BaseMessageChunk):
            self._so_far[id_] = message
            yield "messages/complete", [message]
            return
        whole = known + message if isinstance(known, BaseMessageChunk) else message
        self._so_far[id_] = whole
        yield "messages/partial", [message_chunk_to_message(whole)]
