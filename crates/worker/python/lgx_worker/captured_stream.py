"""`sys.stdout` and `sys.stderr` of user code: text streams whose lines go to the log of the run that writes them."""

from __future__ import annotations

import codecs
import io
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lgx_worker.run_context import current_run

if TYPE_CHECKING:
    from lgx_worker.logs import LogSink

LONGEST_LINE = 64 * 1024


class RunLines:
    """What is written to one stream, cut into lines, for each run by itself: runs write at the same time."""

    def __init__(self, name: str, sink: LogSink) -> None:
        self._name = name
        self._sink = sink
        self._rest: dict[str | None, str] = {}
        self._open: set[str | None] = set()
        """The runs of which the beginning of a line has been sent, because they asked for it with `flush`."""
        # Reentrant: a finalizer that prints may run in the midst of a write of its own thread.
        self._lock = threading.RLock()
        os.register_at_fork(after_in_child=self._unlock)

    def write(self, text: str) -> None:
        """Send whole lines, as one block, and keep what is not a whole line yet."""
        run_id = current_run()
        with self._lock:
            text = self._rest.pop(run_id, "") + text
            lines, newline, rest = text.rpartition("\n")
            if len(rest) > LONGEST_LINE:
                lines, newline, rest = text, "\n", ""
            if rest:
                self._rest[run_id] = rest
            if newline:
                self._open.discard(run_id)
        if newline:
            self._sink.add(self._name, lines, run_id=run_id)

    def flush(self) -> None:
        """Send the beginning of a line whose end is still to come."""
        run_id = current_run()
        with self._lock:
            rest = self._rest.pop(run_id, "")
            if rest:
                self._open.add(run_id)
        if rest:
            self._sink.add(self._name, rest, run_id=run_id, is_open=True)

    def end(self, run_id: str | None) -> None:
        """Send the unfinished line of a run that is over, and end it."""
        if run_id not in self._rest and run_id not in self._open:
            return  # mostly; what it has written was written before
        with self._lock:
            rest = self._rest.pop(run_id, "")
            is_open = run_id in self._open
            self._open.discard(run_id)
        if rest or is_open:
            self._sink.add(self._name, rest, run_id=run_id)

    def _unlock(self) -> None:
        self._lock = threading.RLock()


class CapturedBytes(io.BufferedIOBase):
    """The `buffer` of a captured stream, for those who write bytes."""

    mode = "wb"

    def __init__(self, lines: RunLines, original: Any) -> None:
        self._lines = lines
        self._original = original
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.name = original.name

    @property
    def raw(self) -> Any:
        """The pipe itself."""
        return self._original.buffer.raw

    def write(self, data: Any) -> int:
        """Take UTF-8, in any pieces."""
        data = bytes(data)
        self._lines.write(self._decoder.decode(data))
        return len(data)

    def flush(self) -> None:
        """Send what is there."""
        self._lines.flush()

    def fileno(self) -> int:
        """The pipe's, which the server reads too: child processes inherit it."""
        return int(self._original.fileno())

    def isatty(self) -> bool:
        """Never: it is a pipe."""
        return False

    def writable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Stay open: a `TextIOWrapper` that somebody puts around this closes it when it is collected."""
        self.flush()


class CapturedText(io.TextIOWrapper):
    """A stream as Python makes them, in all that can be asked of it; what is written takes the short way to the lines."""

    mode = "w"

    def __init__(self, lines: RunLines, original: Any) -> None:
        super().__init__(
            CapturedBytes(lines, original),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )
        self._lines = lines
        self._write_through = False

    @property
    def write_through(self) -> bool:
        """What was last asked for; it makes no difference."""
        return self._write_through

    def reconfigure(self, *, write_through: bool | None = None, **options: Any) -> None:
        """As of every text stream. The encoding decides what can be written; the terminal gets UTF-8 from the server."""
        super().reconfigure(**options)
        if write_through is not None:
            self._write_through = write_through

    def write(self, text: str) -> int:
        """Hand the text to the run that writes it."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if not text.isascii():
            encoding = self.encoding
            text_written = text.encode(encoding, self.errors or "strict").decode(encoding, "replace")
        else:
            text_written = text
        self.writable()  # raises if it was detached
        self._lines.write(text_written)
        return len(text)

    def flush(self) -> None:
        """Send the beginning of a line too."""
        self.writable()
        self._lines.flush()

    def close(self) -> None:
        """Stay open: other runs write to it."""
        self.flush()


def captured(name: str, sink: LogSink, original: Any) -> tuple[CapturedText, Callable[[str | None], None]]:
    """The stream that takes the place of `original`, and what ends the line of a run that is over."""
    lines = RunLines(name, sink)
    return CapturedText(lines, original), lines.end
