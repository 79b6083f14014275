"""Output of user code: stdout, stderr and logging become LOG frames that say which run they belong to.

They are written by the thread that prints, before `print` returns. So they are in the hands of the kernel, where the
server finds them, whatever happens next: a blocked event loop, an import that takes its time, the death of the process.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from lgx_worker.captured_stream import captured
from lgx_worker.executing_node import current_task
from lgx_worker.logged_addresses import without_credentials
from lgx_worker.run_context import current_run

if TYPE_CHECKING:
    from lgx_worker.connection import Connection

LONGEST_ENTRY = 1024 * 1024


class LogSink:
    """Takes entries from any thread and sends them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counting = threading.RLock()
        self._lost = 0
        self._is_fork = False
        os.register_at_fork(after_in_child=self._in_fork)

    def add(
        self,
        stream: str,
        text: str,
        *,
        level: str = "info",
        logger: str | None = None,
        run_id: str | None = None,
        is_open: bool = False,
    ) -> None:
        """One line, or a block of lines that belong together; the last of an open one goes on with the next entry."""
        if self._is_fork:
            return self._write_to_pipe(stream, text if is_open else text + "\n")
        if len(text) > LONGEST_ENTRY:
            text = f"{text[:LONGEST_ENTRY]}… ({len(text) - LONGEST_ENTRY} more characters were cut)"
        entry: dict[str, Any] = {
            "run_id": run_id if run_id is not None else current_run(),
            "stream": stream,
            "level": level,
            "logger": logger,
            "text": text,
        }
        if is_open:
            entry["open"] = True
        node, task_id = current_task()
        if node is not None:
            entry["node"] = node
            entry["task_id"] = task_id
        if not self._connection.log(entry):
            with self._counting:
                self._lost += 1
        elif self._lost:
            self._tell_lost()

    def _tell_lost(self) -> None:
        with self._counting:
            lost, self._lost = self._lost, 0
        if lost:
            text = f"{lost} entries of output were lost because there were too many at once."
            self.add("logging", text, level="warning", logger="lgx.worker")

    def _in_fork(self) -> None:
        """In a forked child: the connection is not its own, but it has the pipes, which the server reads too."""
        self._is_fork = True

    @staticmethod
    def _write_to_pipe(stream: str, text: str) -> None:
        try:
            os.write(1 if stream == "stdout" else 2, text.encode("utf-8", "replace"))
        except OSError:  # the server has gone
            pass


class LogHandler(logging.Handler):
    """Sends the records of `logging`."""

    def __init__(self, sink: LogSink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        """One record is one entry, its traceback included."""
        try:
            text = without_credentials(self.format(record))
            self._sink.add("logging", text, level=record.levelname.lower(), logger=record.name)
        except Exception:  # noqa: BLE001 - logging must not fail the code that logs
            self.handleError(record)


class Capture:
    """The whole of a process's output."""

    def __init__(self, connection: Connection) -> None:
        self.sink = LogSink(connection)
        self._stdout, self._end_stdout = captured("stdout", self.sink, sys.__stdout__)
        self._stderr, self._end_stderr = captured("stderr", self.sink, sys.__stderr__)

    def install(self) -> None:
        """Replace the standard streams and take what `logging` sends to the root.

        Also those with underscores: code that puts `sys.__stdout__` back after a redirection means the stream it had.
        """
        sys.stdout = sys.__stdout__ = self._stdout  # type: ignore[misc] # `__stdout__` and `__stderr__` are `Final`, and meant
        sys.stderr = sys.__stderr__ = self._stderr  # type: ignore[misc] # `__stdout__` and `__stderr__` are `Final`, and meant
        root = logging.getLogger()
        root.addHandler(LogHandler(self.sink))
        if root.level == logging.WARNING:  # nobody has chosen a level
            root.setLevel(logging.INFO)

    def end_of_call(self) -> None:
        """Send what the call that ends in this context has not sent, so that it precedes the reply."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not self._stdout and stream is not self._stderr:
                _flush(stream)
        run_id = current_run()
        self._end_stdout(run_id)
        self._end_stderr(run_id)


def _flush(stream: Any) -> None:
    """Have a stream that user code put in place of ours hand on what it holds back."""
    try:
        stream.flush()
    except Exception:  # noqa: BLE001 - such as one that was closed
        pass
