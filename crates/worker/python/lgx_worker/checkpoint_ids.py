"""Keeps the ids of checkpoints increasing when the clock goes back.

The newest checkpoint of a thread is the one with the greatest id, for langgraph as for all its savers, and an id begins
with the time. langgraph's generator never falls behind what it has given out itself, but it forgets that with its
process. So it is told of every checkpoint that is read: whatever is written after it gets a greater id.
"""

from __future__ import annotations

import uuid

from langgraph.checkpoint.base import id as generator


def follow(checkpoint_id: str) -> None:
    """From now on ids are greater than this one; ids of other makes are passed over."""
    try:
        seen = uuid.UUID(checkpoint_id)
    except ValueError:
        return
    if seen.version != 6:
        return
    # The bits of the time as `uuid6` lays them out: 48, the version, and 12 more.
    time = (seen.int >> 80) << 12 | (seen.int >> 64) & 0xFFF
    last: int | None = generator._last_v6_timestamp
    if last is None or last < time:
        generator._last_v6_timestamp = time  # type: ignore[assignment] # the library does not say that it is a number
