"""What this process is to itself but not to its children: deaf to Ctrl-C, and watched for crashes."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from types import FrameType

CRASH_FILE = "LGX_CRASH_FD"
"""The descriptor of a file that the server reads when this process has crashed; stderr without."""
_crash_file: int | None = None


def set_up_signals() -> None:
    """Let Ctrl-C pass, which goes to all processes of a terminal: the server decides what it means.

    Not by `SIG_IGN`, which programs that user code starts would inherit: they could not be interrupted by anybody.
    """
    signal.signal(signal.SIGINT, _pass)
    os.register_at_fork(after_in_child=_interruptible_again)


def report_crashes(descriptor: int | None) -> None:
    """Have the lines that run at a segmentation fault or an abort written where the server finds them; else to stderr."""
    global _crash_file  # noqa: PLW0603 - it is as process-wide as the handler
    if descriptor is None:
        faulthandler.enable(sys.__stderr__ or 2, all_threads=False)
        return
    _crash_file = descriptor
    faulthandler.enable(descriptor, all_threads=False)
    # The file tells how this process ended; a forked one that crashes is somebody else's news.
    os.register_at_fork(after_in_child=lambda: faulthandler.enable(2, all_threads=False))


def crash_file() -> int | None:
    """The descriptor of the file in which the server looks for what the interpreter writes without being able to run."""
    return _crash_file


def _pass(signum: int, frame: FrameType | None) -> None:
    """Take no notice."""


def _interruptible_again() -> None:
    if signal.getsignal(signal.SIGINT) is _pass:  # else user code has decided
        signal.signal(signal.SIGINT, signal.default_int_handler)
