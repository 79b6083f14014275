"""Which call a line of code is in at this moment: as it is written there, and what it stands for.

A call into C has no frame of its own, and `time.sleep` is one. But the interpreter knows which part of the source the frame
is executing; before Python 3.11 it knows the line, which is enough if there is one call in it. If that part is a call, the names
in it are looked up where the frame would find them; nothing is executed for that, no property and no `__getattr__`.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import linecache
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from types import FrameType, ModuleType
from typing import Any

_NOTHING = object()


@dataclass(frozen=True)
class BlockingCall:
    """What is being called."""

    written: str | None
    """`model.invoke`, as the line has it, if that can be told."""
    name: str
    """`time.sleep`: the module of the function, and its name."""
    counterpart: str | None = None
    """`model.ainvoke`: the same as a coroutine, where the object has one."""


def call_of(frame: FrameType, called: FrameType | None) -> BlockingCall | None:
    """The call that a frame is in; None when it computes something itself, or when that cannot be told.

    `called` is the frame of what it calls, if that is Python too.
    """
    found = _call_in_source(frame)
    if found is None and called is not None:
        found = BlockingCall(None, f"{called.f_globals.get('__name__')}.{called.f_code.co_name}")
    return found


def _call_in_source(frame: FrameType) -> BlockingCall | None:
    written = _written(frame)
    if written is None:
        return None
    root, *attributes = written
    found, owner = _variable(frame, root), _NOTHING
    for attribute in attributes:
        found, owner = _attribute(found, attribute), found
    if found is _NOTHING:
        return None
    counterpart = _counterpart(owner, written[-1])
    return BlockingCall(
        ".".join(written),
        _name(found),
        None if counterpart is None else ".".join((*written[:-1], counterpart)),
    )


def _written(frame: FrameType) -> list[str] | None:
    """The names of the function that is being called: `["model", "invoke"]`."""
    if frame.f_lasti < 0:
        return None
    positions = getattr(frame.f_code, "co_positions", None)
    try:
        call = _only_call_of_line(frame) if positions is None else _call_at_position(frame, positions)
    except (SyntaxError, ValueError):  # the file may be another one by now
        return None
    names = _names(call.func) if call is not None else None
    code = frame.f_code
    known = {*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars}
    return names if names is not None and known.issuperset(names) else None


def _call_at_position(frame: FrameType, positions: Callable[[], Iterable[tuple[int | None, ...]]]) -> ast.Call | None:
    first, last, start, end = next(islice(positions(), frame.f_lasti // 2, None), (None,) * 4)
    if first is None or last is None or start is None or end is None:
        return None
    lines = [line.encode() for line in linecache.getlines(frame.f_code.co_filename, frame.f_globals)[first - 1 : last]]
    if len(lines) != last - first + 1:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    expression = ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
    return expression if isinstance(expression, ast.Call) else None


def _only_call_of_line(frame: FrameType) -> ast.Call | None:
    code = frame.f_code
    if not dis.opname[code.co_code[frame.f_lasti]].startswith("CALL_"):
        return None
    lines = linecache.getlines(code.co_filename, frame.f_globals)[code.co_firstlineno - 1 :]
    function = ast.parse(textwrap.dedent("".join(inspect.getblock(lines))))
    line = frame.f_lineno - code.co_firstlineno + 1
    calls = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return calls[0] if len(calls) == 1 else None


def _names(function: ast.expr) -> list[str] | None:
    names: list[str] = []
    while isinstance(function, ast.Attribute):
        names.append(function.attr)
        function = function.value
    return [*reversed([*names, function.id])] if isinstance(function, ast.Name) else None


def _variable(frame: FrameType, name: str) -> Any:
    for scope in (frame.f_locals, frame.f_globals, vars(builtins)):
        if name in scope:
            return scope[name]
    return _NOTHING


def _attribute(owner: Any, name: str) -> Any:
    if owner is _NOTHING:
        return _NOTHING
    if isinstance(owner, ModuleType):
        return vars(owner).get(name, _NOTHING)
    found = inspect.getattr_static(owner, name, _NOTHING)
    return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found


def _counterpart(owner: Any, name: str) -> str | None:
    """Langchain's own names: `ainvoke` beside `invoke`."""
    if owner is _NOTHING or isinstance(owner, ModuleType):
        return None
    found = inspect.getattr_static(owner, f"a{name}", None)
    return f"a{name}" if inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found) else None


def _name(function: Any) -> str:
    owner = getattr(function, "__objclass__", None)  # a method in C
    module = getattr(function, "__module__", None) or getattr(owner or type(function), "__module__", None)
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return f"{module}.{name}"
