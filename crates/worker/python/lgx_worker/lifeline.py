"""Sees to it that this process and those it started do not outlive the server, whatever they are at.

A thread that waits for the server's end needs the interpreter, which C code may hold for any time. So the kernel is
told to do it: the server holds one end of a pipe, and when that is closed, by whatever ends the server, the kernel
kills the group. Where it does not do such things for pipes (other than on Linux), the thread is all there is.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys

LIFELINE = "LGX_LIFELINE_FD"
"""The descriptor of the reading end of a pipe that the server holds open for as long as it lives."""


def tie_to_server(lifeline: int | None) -> None:
    """Have the kernel kill the group of this process when the server has gone."""
    if lifeline is not None and sys.platform == "linux" and _leads_its_group():
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def end_group() -> None:
    """Kill this process and all that it started, if the group is its own."""
    if _leads_its_group():
        os.killpg(os.getpgrp(), signal.SIGKILL)


def _leads_its_group() -> bool:
    return os.getpgrp() == os.getpid()
