"""Says who ends the process with `os._exit`: nothing else is left of such an end but a number."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lgx_worker.blocked_place import describe_line, node_at
from lgx_worker.run_context import run_of
from lgx_worker.source_loader import is_project_path


def tell_exits(root: Callable[[], Path]) -> Callable[[int], NoReturn]:
    """From now on `os._exit` says where it was called. Gives the one that does not, for ends that are meant."""
    quietly, process = os._exit, os.getpid()

    def _exit(status: int) -> NoReturn:
        if os.getpid() == process:  # a child that was forked ends so as a matter of course
            os.write(2, _told(status, sys._getframe(1), root()).encode())
        quietly(status)

    os._exit = _exit
    return quietly


def _told(status: int, innermost: FrameType, root: Path) -> str:
    context = copy_context()
    frames = list(_outwards(innermost))
    node, run_id = node_at(frames, context), run_of(context)
    within = "".join([f", node `{node}`" if node else "", f", run {run_id}" if run_id else ""])
    return f"os._exit({status}) was called: {describe_line(_own_line(frames), root)}{within}\n"


def _own_line(frames: Sequence[FrameType]) -> FrameType:
    """The innermost line of the project, else the innermost of all."""
    return next((frame for frame in frames if is_project_path(frame.f_code.co_filename)), frames[0])


def _outwards(innermost: FrameType) -> Iterator[FrameType]:
    frame: FrameType | None = innermost
    while frame is not None:
        yield frame
        frame = frame.f_back
