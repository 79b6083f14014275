"""`breakpoint()` and `pdb.set_trace()`: the debugger's prompt on the server's terminal."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any

from lgx_worker.logs import LogSink
from lgx_worker.run_context import current_run
from lgx_worker.terminal import Terminal

ADVICE = (
    "a breakpoint needs a terminal to debug at, and this server runs without one. Start `lgx dev` in a terminal, attach a "
    "debugger with `debugpy.listen(5678)`, or switch breakpoints off with PYTHONBREAKPOINT=0."
)
LEFT = "the debugger was left, which ends the run; `c` would let it go on"
STOPPED = "stopped at a breakpoint: `c` goes on, `n` is the next line, `p x` prints x, `q` ends the run, `h` helps"


class Console(io.TextIOBase):
    """What the debugger writes to and reads from."""

    encoding = "utf-8"

    def __init__(self, terminal: Terminal, sink: LogSink) -> None:
        self._terminal = terminal
        self._sink = sink
        self._rest = ""

    def writable(self) -> bool:
        """Always."""
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str, /) -> int:
        """Show whole lines, and keep what may be the prompt."""
        lines, newline, self._rest = (self._rest + text).rpartition("\n")
        if newline:
            self._sink.add("terminal", lines)
        return len(text)

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override] # of text, as `TextIOBase` has it; mypy sees the base of bytes
        """Ask for a command."""
        prompt, self._rest = self._rest, ""
        return self._terminal.read(prompt, advice=ADVICE, debugger=True)


def install(terminal: Terminal, sink: LogSink) -> None:
    """Have `pdb` use the server's terminal from when it is imported: most projects never do."""
    sys.meta_path.insert(0, _WhenImported(terminal, sink))


class _WhenImported(MetaPathFinder):
    """Steps aside once `pdb` is asked for."""

    def __init__(self, terminal: Terminal, sink: LogSink) -> None:
        self._terminal = terminal
        self._sink = sink

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find `pdb` where it is, and change it once it has been executed."""
        if name != "pdb":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            use_terminal(module, self._terminal, self._sink)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign] # of this one loader
        return spec


def use_terminal(pdb: Any, terminal: Terminal, sink: LogSink) -> None:
    """Give debuggers that are not told what to read from and write to a console of the server's terminal."""
    import bdb

    class TerminalPdb(pdb.Pdb):  # type: ignore[misc] # `pdb` is what the caller has imported
        """The debugger of one stop: runs in other threads have their own."""

        def __init__(self, completekey: str = "tab", stdin: Any = None, stdout: Any = None, *args: Any, **options: Any):
            self._says_so = stdin is None and stdout is None
            if self._says_so:
                stdin = stdout = Console(terminal, sink)
                if len(args) < 2:
                    options["nosigint"] = True  # Ctrl-C is the server's
            super().__init__(completekey, stdin, stdout, *args, **options)

        def interaction(self, *args: Any, **options: Any) -> Any:
            """Say which run has stopped, once."""
            if self._says_so:
                self._says_so = False
                sink.add("stdout", STOPPED, run_id=current_run())
            return super().interaction(*args, **options)

        def trace_dispatch(self, frame: FrameType, event: str, arg: Any) -> Any:
            """Say in the exception that ends the run why it does."""
            try:
                return super().trace_dispatch(frame, event, arg)
            except bdb.BdbQuit:
                raise bdb.BdbQuit(LEFT) from None

    TerminalPdb.__name__ = TerminalPdb.__qualname__ = "Pdb"
    pdb.Pdb = TerminalPdb
