"""Output of user code: stdout, stderr and logging become LOG frames that say which run they belong to."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections import deque
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lgx_worker.connection import Connection

MOST_WAITING = 10_000
"""Entries kept while the event loop is busy; beyond it the oldest are lost, and that is said."""
LONGEST_LINE = 64 * 1024
LONGEST_ENTRY = 1024 * 1024

_run_id: ContextVar[str | None] = ContextVar("lgx_run_id", default=None)


def attribute_to_run(run_id: str) -> None:
    """From here on, output in this context belongs to this run."""
    _run_id.set(run_id)


def run_of(context: Context) -> str | None:
    """The run to which the output of a context belongs."""
    return context.get(_run_id)


class LogSink:
    """Takes entries from any thread and sends them on the loop's, many at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: deque[dict[str, Any]] = deque()
        self._lock = threading.Lock()
        self._scheduled = False
        self._lost = 0

    def add(
        self, stream: str, text: str, *, level: str = "info", logger: str | None = None, run_id: str | None = None
    ) -> None:
        """One line, or a block of lines that belong together."""
        if len(text) > LONGEST_ENTRY:
            text = f"{text[:LONGEST_ENTRY]}… ({len(text) - LONGEST_ENTRY} more characters were cut)"
        entry = {
            "run_id": run_id if run_id is not None else _run_id.get(),
            "stream": stream,
            "level": level,
            "logger": logger,
            "text": text,
        }
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append(entry)
            if self._scheduled:
                return
            self._scheduled = True
        try:
            self._connection.loop.call_soon_threadsafe(self.flush)
        except RuntimeError:  # the loop is closed: the process is about to end
            pass

    def flush(self) -> None:
        """Send what waits; on the loop's thread. Output of a run is sent before its reply."""
        if not self._scheduled:
            return
        with self._lock:
            entries, self._waiting = self._waiting, deque()
            lost, self._lost = self._lost, 0
            self._scheduled = False
        if lost:
            warning = f"{lost} entries of output were lost because there were too many at once."
            entries.appendleft(
                {"run_id": None, "stream": "logging", "level": "warning", "logger": "lgx.worker", "text": warning}
            )
        for entry in entries:
            self._connection.log(entry)


class CapturedStream(io.TextIOBase):
    """Stands in for `sys.stdout` and `sys.stderr`: whole lines become entries, in the run that wrote them."""

    def __init__(self, name: str, sink: LogSink, original: Any) -> None:
        self._name = name
        self._sink = sink
        self._original = original
        self._partial: dict[str | None, str] = {}
        self._lock = threading.Lock()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Text is sent as UTF-8."""
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """What cannot be encoded is replaced."""
        return "replace"

    @property
    def buffer(self) -> Any:
        """The raw pipe, for those who write bytes."""
        return self._original.buffer

    def fileno(self) -> int:
        """The raw pipe's, which the server reads too: child processes inherit it."""
        return self._original.fileno()

    def isatty(self) -> bool:
        """Never: nobody types here."""
        return False

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Keep what is not a whole line yet; several lines in one write are one block."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        run_id = _run_id.get()
        with self._lock:
            text_so_far = self._partial.pop(run_id, "") + text
            whole, newline, rest = text_so_far.rpartition("\n")
            if len(rest) > LONGEST_LINE:
                whole, newline, rest = text_so_far, "\n", ""
            if rest:
                self._partial[run_id] = rest
        if newline:
            self._sink.add(self._name, whole)
        return len(text)

    def flush(self) -> None:
        """Nothing to do: a line is sent when it ends. `print(…, end="", flush=True)` would else be a line a token."""

    def end_line(self, run_id: str | None) -> None:
        """Send the unfinished line of a run that is over."""
        with self._lock:
            rest = self._partial.pop(run_id, "")
        if rest:
            self._sink.add(self._name, rest, run_id=run_id)


class LogHandler(logging.Handler):
    """Sends the records of `logging`."""

    def __init__(self, sink: LogSink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        """One record is one entry, its traceback included."""
        try:
            self._sink.add("logging", self.format(record), level=record.levelname.lower(), logger=record.name)
        except Exception:  # noqa: BLE001 - logging must not fail the code that logs
            self.handleError(record)


class Capture:
    """The whole of a process's output."""

    def __init__(self, connection: Connection) -> None:
        self.sink = LogSink(connection)
        self._streams = [CapturedStream(name, self.sink, getattr(sys, f"__{name}__")) for name in ("stdout", "stderr")]

    def install(self) -> None:
        """Replace `sys.stdout` and `sys.stderr` and take what `logging` sends to the root."""
        sys.stdout, sys.stderr = self._streams  # type: ignore[assignment]
        root = logging.getLogger()
        root.addHandler(LogHandler(self.sink))
        if root.level == logging.WARNING:  # nobody has chosen a level
            root.setLevel(logging.INFO)

    def end_of_call(self) -> None:
        """Send what the call that ends in this context has written, so that it precedes the reply."""
        run_id = _run_id.get()
        for stream in self._streams:
            stream.end_line(run_id)
        self.sink.flush()
