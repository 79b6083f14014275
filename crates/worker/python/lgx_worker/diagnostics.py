"""What went wrong in the user's code, and where: the Diagnostic of the protocol."""

from __future__ import annotations

import builtins
import importlib
import inspect
import linecache
import os
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from lgx_worker.context_hint import context_hint
from lgx_worker.import_hints import import_hint

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_WORKER = (_PACKAGE + os.sep, os.path.join(os.path.dirname(_PACKAGE), "__main__.py"))
_IMPORTLIB = os.path.dirname(os.path.abspath(importlib.__file__)) + os.sep
_MACHINERY = (*_WORKER, _IMPORTLIB, "<frozen importlib", "<frozen runpy")
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_GROUP: type | None = getattr(builtins, "BaseExceptionGroup", None)  # Python 3.11


def message_of(exc: BaseException) -> str:
    """The text of an exception; user classes may fail at giving it."""
    try:
        return str(exc)
    except Exception:  # noqa: BLE001 - a __str__ of the user's
        return f"({type(exc).__name__} has no readable message)"


def diagnose(exc: BaseException, root: Path | str) -> dict[str, Any]:
    """The Diagnostic of an exception: its place in the project at `root` when it has one, else where it was raised."""
    whole, exc = exc, first_of_group(exc)
    project = os.path.join(os.path.abspath(root), "")
    found = _syntax_error_place(exc) or _place(whole, project)
    return {
        "type": type(exc).__name__,
        "message": exc.msg if isinstance(exc, SyntaxError) else message_of(exc),
        **found,
        "traceback": traceback_text(whole),
        "hint": import_hint(exc) or context_hint(exc),
    }


def diagnose_target(exc: BaseException, spec: Mapping[str, Any], root: Path | str) -> dict[str, Any]:
    """The Diagnostic of what langgraph.json names and cannot be had: its file is the place when no line of it is to blame."""
    found = diagnose(exc, root)
    return found if found["file"] else {**found, "file": spec.get("file")}


def diagnose_function(function: Any, kind: str, message: str) -> dict[str, Any]:
    """The Diagnostic of a function that did something wrong without raising: its place is where it is defined."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return diagnosis(kind, message)
    return {**diagnosis(kind, message, code.co_filename, code.co_firstlineno), "function": code.co_name}


def diagnosis(kind: str, message: str, file: str | None = None, line: int | None = None) -> dict[str, Any]:
    """The Diagnostic of something that nothing was raised for."""
    return {
        "type": kind,
        "message": message,
        "file": file,
        "line": line,
        "column": None,
        "source": linecache.getline(file, line).rstrip("\n") or None if file and line else None,
        "function": None,
        "traceback": "",
        "hint": None,
    }


def traceback_text(exc: BaseException) -> str:
    """The traceback as Python prints it, without the frames of this worker and of the import machinery.

    Empty when no line of code is left in it.
    """
    report = traceback.TracebackException.from_exception(exc)
    _hide_own_frames(report, set())
    text = "".join(report.format()).rstrip("\n")
    # It would only say again what the message says.
    return text if '  File "' in text else ""


def in_project(diagnostic: dict[str, Any], root: Path | str) -> bool:
    """Whether the place of a diagnostic is a line of the project at `root`, and not of what it uses."""
    return bool(diagnostic["file"]) and _in_project(diagnostic["file"], os.path.join(os.path.abspath(root), ""))


def is_machinery(filename: str) -> bool:
    """Whether a line is one of this worker or of the import machinery, which nobody wants to see."""
    return filename.startswith(_MACHINERY)


def first_of_group(exc: BaseException) -> BaseException:
    """The exception that a group stands for: its first."""
    return _into_groups(exc)[-1]


def _syntax_error_place(exc: BaseException) -> dict[str, Any] | None:
    if not isinstance(exc, SyntaxError) or not exc.filename or not exc.lineno:
        return None
    text = exc.text if exc.text is not None else linecache.getline(exc.filename, exc.lineno)
    return {
        "file": exc.filename,
        "line": exc.lineno,
        "column": exc.offset if exc.offset and exc.offset > 0 else None,
        "source": text.rstrip("\n") or None,
        "function": None,
    }


def _place(exc: BaseException, project: str) -> dict[str, Any]:
    innermost: tuple[TracebackType, int] | None = None
    for cause in _related(exc, set()):
        for tb in reversed(list(_tracebacks(cause.__traceback__))):
            filename = tb.tb_frame.f_code.co_filename
            if _in_project(filename, project):
                return _described(tb, tb.tb_lineno)
            if innermost is None and not filename.startswith(_MACHINERY):
                innermost = tb, tb.tb_lineno
    if innermost is None:
        return {"file": None, "line": None, "column": None, "source": None, "function": None}
    return _described(*innermost)


def _into_groups(exc: BaseException) -> list[BaseException]:
    """The exception, and if it is a group its first member, and so on inwards."""
    found = [exc]
    while _GROUP is not None and isinstance(found[-1], _GROUP):
        found.append(found[-1].exceptions[0])  # type: ignore[attr-defined] # a group: Python 3.10 has none
    return found


def _related(exc: BaseException, seen: set[int]) -> Iterator[BaseException]:
    """What tells of a failure, best first: the exception, what led to it, and then the groups that it came in.

    A library may wrap what the project raised, and what only libraries raised comes in a group that passed the project.
    """
    for member in reversed(_into_groups(exc)):
        if id(member) in seen:
            continue
        seen.add(id(member))
        yield member
        cause = member.__cause__ or (None if member.__suppress_context__ else member.__context__)
        if cause is not None:
            yield from _related(cause, seen)


def _tracebacks(tb: TracebackType | None) -> Iterator[TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _in_project(filename: str, project: str) -> bool:
    path = os.path.abspath(filename)
    return (
        path.startswith(project)
        and not path.startswith(_WORKER)
        and not filename.startswith("<")
        and not any(part in path for part in _INSTALLED)
    )


def _described(tb: TracebackType, line: int) -> dict[str, Any]:
    code = tb.tb_frame.f_code
    # The file may have been saved again since Python last read it for a traceback.
    linecache.checkcache(code.co_filename)
    return {
        "file": code.co_filename,
        "line": line,
        "column": _column(tb),
        "source": linecache.getline(code.co_filename, line, tb.tb_frame.f_globals).rstrip("\n") or None,
        "function": code.co_name,
    }


def _column(tb: TracebackType) -> int | None:
    positions = getattr(tb.tb_frame.f_code, "co_positions", None)  # Python 3.11
    if positions is None or tb.tb_lasti < 0:
        return None
    for index, (_, _, column, _) in enumerate(positions()):
        if index == tb.tb_lasti // 2:
            return None if column is None else column + 1
    return None


def _hide_own_frames(report: traceback.TracebackException, seen: set[int]) -> None:
    if id(report) in seen:
        return
    seen.add(id(report))
    report.stack[:] = [frame for frame in report.stack if not frame.filename.startswith(_MACHINERY)]
    for inner in (report.__cause__, report.__context__, *(getattr(report, "exceptions", None) or ())):
        if inner is not None:
            _hide_own_frames(inner, seen)
