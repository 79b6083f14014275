"""The standard streams of user code are text streams in every respect, and tell runs apart."""

import contextlib
import io
import sys

import pytest

from lgx_worker.captured_stream import captured
from lgx_worker.run_context import attribute_to_run


class Sink:
    """Remembers entries as `(run, text, open)`."""

    def __init__(self):
        self.entries = []

    def add(self, stream, text, *, run_id=None, is_open=False):
        assert stream == "stdout"
        self.entries.append((run_id, text, is_open))

    @property
    def texts(self):
        return [text for _, text, _ in self.entries]


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def stream(sink):
    return captured("stdout", sink, sys.__stdout__)[0]


def test_it_has_what_every_text_stream_has(stream):
    assert isinstance(stream, io.TextIOWrapper)
    assert (stream.name, stream.mode, stream.encoding) == (sys.__stdout__.name, "w", "utf-8")
    assert (stream.line_buffering, stream.write_through, stream.newlines) == (True, False, None)
    assert stream.errors == "backslashreplace"
    assert (stream.writable(), stream.readable(), stream.seekable(), stream.isatty()) == (True, False, False, False)
    assert stream.fileno() == sys.__stdout__.fileno()
    assert (stream.buffer.mode, stream.buffer.name) == ("wb", sys.__stdout__.name)
    with pytest.raises(TypeError):
        stream.write(b"bytes")


def test_reconfiguring_it_changes_what_it_says_of_itself(stream, sink):
    stream.reconfigure(encoding="utf-8", errors="strict", line_buffering=False, write_through=True)
    assert (stream.errors, stream.line_buffering, stream.write_through) == ("strict", False, True)
    print("naïve ☃", file=stream)
    stream.reconfigure(encoding="ascii", errors="replace")
    print("naïve ☃", file=stream)
    assert sink.texts == ["naïve ☃", "na?ve ?"]
    stream.reconfigure(errors="strict")
    with pytest.raises(UnicodeEncodeError):
        print("☃", file=stream)


def test_half_of_a_surrogate_pair_can_be_printed(stream, sink):
    print("cut \ud83d", file=stream)
    assert sink.texts == ["cut \\ud83d"]


def test_bytes_are_text_in_any_pieces(stream, sink):
    for byte in "naïve ☃\n".encode():
        stream.buffer.write(bytes([byte]))
    stream.buffer.write(memoryview(b"view\n"))
    assert sink.texts == ["naïve ☃", "view"]


def test_a_detached_stream_is_of_no_more_use_and_its_buffer_is(stream, sink):
    buffer = stream.detach()
    wrapped = io.TextIOWrapper(buffer, encoding="utf-8", line_buffering=True)
    print("wrapped ☃", file=wrapped)
    del wrapped  # which closes what it wraps
    buffer.write(b"still open\n")
    assert sink.texts == ["wrapped ☃", "still open"]
    with pytest.raises(ValueError, match="detached"):
        stream.write("x")


def test_closing_it_closes_it_for_nobody(stream, sink):
    stream.close()
    print("still open", file=stream)
    assert sink.texts == ["still open"]


def test_it_can_be_redirected_and_redirected_to(stream, sink, monkeypatch):
    monkeypatch.setattr(sys, "stdout", stream)
    with contextlib.redirect_stdout(io.StringIO()) as elsewhere:
        print("elsewhere")
    with contextlib.redirect_stderr(stream):
        print("here", file=sys.stderr)
    assert (elsewhere.getvalue(), sink.texts) == ("elsewhere\n", ["here"])


def test_the_lines_of_runs_that_write_in_turns_are_put_together_by_run(stream, sink):
    import contextvars

    runs = [contextvars.copy_context() for _ in range(2)]
    for number, context in enumerate(runs):
        context.run(attribute_to_run, str(number))
    for text in ("a", "b", "\n"):
        for context in runs:
            context.run(stream.write, text)
    assert sink.entries == [("0", "ab", False), ("1", "ab", False)]


def test_a_line_that_never_ends_is_cut(stream, sink):
    for _ in range(70):
        stream.write("x" * 1024)
    assert sink.entries == [(None, "x" * 65 * 1024, False)]
