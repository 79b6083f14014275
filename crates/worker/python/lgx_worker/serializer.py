"""How values become the bytes of a checkpoint, and back."""

from __future__ import annotations

import logging
from typing import Any

from langgraph.checkpoint.serde import jsonplus
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

# A state may hold what msgpack has no form for. The pickles are this project's own: clients can only send JSON.
SERIALIZER = JsonPlusSerializer(pickle_fallback=True)

_KEPT = "kept"


class KeepingSerializer(JsonPlusSerializer):
    """For threads that never leave this process: what cannot be written is kept as it is."""

    def __init__(self) -> None:
        super().__init__(pickle_fallback=True)

    def dumps_typed(self, obj: Any) -> tuple[str, Any]:
        """The bytes of a value, or the value."""
        try:
            return super().dumps_typed(obj)
        except Exception:  # noqa: BLE001 - pickling runs code of the user's
            return _KEPT, obj

    def loads_typed(self, data: tuple[str, Any]) -> Any:
        """The value of what `dumps_typed` gave."""
        return data[1] if data[0] == _KEPT else super().loads_typed(data)


def _is_news(record: logging.LogRecord) -> bool:
    # It is said for each class of the project, and asks for a setting of a constructor that is not the user's to call.
    return not str(record.msg).startswith("Deserializing unregistered type")


logging.getLogger(jsonplus.__name__).addFilter(_is_news)
