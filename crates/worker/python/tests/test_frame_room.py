"""No depth of calls is slower than others because a chunk of frames ends there."""

from __future__ import annotations

import resource
import sys
import threading
from collections.abc import Callable

import pytest

from lgx_worker.frame_room import with_room

CALLS = 300


def called() -> None:
    """What a loop calls."""


def most_faults(depth: int) -> int:
    """How many pages a loop of calls had to be given, at the depth at which they were most."""
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _ in range(CALLS):
        called()
    here = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before
    return here if depth == 0 else max(here, most_faults(depth - 1))


def in_thread(function: Callable[[], int]) -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the faults of one thread")
def test_calls_at_every_depth_have_room():
    def without() -> int:
        return most_faults(400)

    @with_room
    def with_much() -> int:
        return most_faults(400)

    if sys.version_info[:2] in ((3, 11), (3, 12)):
        assert in_thread(without) >= CALLS, "this is what room is made for"
    assert in_thread(with_much) < CALLS / 10
