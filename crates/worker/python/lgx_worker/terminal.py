"""The person at the server's terminal, as user code reaches them: `input()` and `sys.stdin`.

A worker has no terminal of its own: several runs share it, and so do workers while new code comes up. So each line is asked
of the server, which lets one run at a time have the prompt and keeps other output away from it.
"""

from __future__ import annotations

import asyncio
import builtins
import fcntl
import io
import os
import sys
import termios
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from lgx_worker.connection import Connection
from lgx_worker.errors import CallFailed
from lgx_worker.run_context import current_run


class NoTerminalError(EOFError):
    """Code asks a person, and nobody is there."""


class Terminal:
    """Asks for lines."""

    def __init__(self, connection: Connection, not_blocked: Callable[[], AbstractContextManager[None]]) -> None:
        """`not_blocked` holds while a person thinks on the event loop's thread."""
        self._connection = connection
        self._not_blocked = not_blocked
        self._loop_thread = threading.get_ident()

    def read(self, prompt: str, *, advice: str, debugger: bool = False) -> str:
        """The line that was typed, with its newline; empty when the person ended the input.

        Raises `NoTerminalError` with the advice where there is no terminal, and CancelledError when the run is stopped.
        """
        params = {"run_id": current_run(), "prompt": prompt, "debugger": debugger}
        on_loop = threading.get_ident() == self._loop_thread
        try:
            with self._not_blocked() if on_loop else nullcontext():
                reply, _ = self._connection.ask("terminal.read", params)
        except CallFailed as error:
            if error.type == "NoTerminal":
                raise NoTerminalError(advice) from None
            if error.type == "Cancelled":
                raise asyncio.CancelledError(error.message) from None
            raise
        return str(reply["typed"])

    def install(self) -> None:
        """Let `input()` and `sys.stdin` ask here."""
        builtins.input = self._input
        sys.stdin = sys.__stdin__ = TypedLines(self)  # type: ignore[assignment,misc] # lines are all that can be read, and `__stdin__` is `Final`

    def _input(self, prompt: object = "", /) -> str:
        """Ask the person at the terminal; as the builtin, without the newline."""
        _flush()
        typed = self.read(str(prompt), advice=INPUT_ADVICE)
        if not typed:
            raise EOFError("the person at the terminal ended the input (Ctrl-D)")
        return typed.removesuffix("\n")


class TypedLines(io.TextIOBase):
    """`sys.stdin`: what is typed. Empty where there is no terminal, as /dev/null is."""

    name = "<stdin>"
    mode = "r"

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._rest = ""

    @property
    def encoding(self) -> str:  # type: ignore[override] # nothing sets it
        """Text arrives decoded."""
        return "utf-8"

    def readable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """/dev/null, which child processes inherit."""
        return 0

    def isatty(self) -> bool:
        """Never: only lines can be read."""
        return False

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override] # of text, as `TextIOBase` has it; mypy sees the base of bytes
        """Ask for a line, unless something of the last one is left."""
        if not self._rest:
            _flush()
            try:
                self._rest = self._terminal.read("", advice=INPUT_ADVICE)
            except NoTerminalError:
                return ""
        if size is None or size < 0:
            size = len(self._rest)
        line, self._rest = self._rest[:size], self._rest[size:]
        return line

    def read(self, size: int | None = -1, /) -> str:
        """Read up to the end of the input, or so many characters of a line."""
        if size is not None and size >= 0:
            return self.readline(size)
        return "".join(iter(self.readline, ""))

    def close(self) -> None:
        """Stay open: other runs read from it."""


INPUT_ADVICE = (
    "`input()` asks the person at the terminal, and this server runs without one. Start `lgx dev` in a terminal; or let "
    "the node pause with `interrupt(…)` of langgraph.types, and resume the run with the answer."
)


def leave_terminal() -> None:
    """Give up the terminal that the process inherited.

    Code that opens /dev/tty, as `getpass` does, would be stopped by the kernel, as it is in the background there. Without a
    terminal it falls back to `sys.stdin`.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return
    try:
        fcntl.ioctl(terminal, termios.TIOCNOTTY)
    except OSError:
        pass
    finally:
        os.close(terminal)


def _flush() -> None:
    """What was printed as the prompt is to be seen before the answer is waited for."""
    for stream in (sys.stdout, sys.stderr):
        flush: Any = getattr(stream, "flush", None)
        if flush is not None:
            flush()
