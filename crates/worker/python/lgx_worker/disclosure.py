"""What clients are told of an exception: its message, unless this server keeps those of unexpected exceptions to itself."""

from __future__ import annotations

from lgx_worker.diagnostics import first_of_group, message_of

HIDDEN = "An internal error occurred"

# Raised by libraries and by validation at what a client sent, so that clients are used to reading them.
_FOR_CLIENTS = (ValueError, TypeError, KeyError, RuntimeError, AttributeError, TimeoutError)
_LIBRARIES = ("langgraph", "langgraph_sdk", "starlette", "fastapi")


class Disclosure:
    """Whether messages are told; `load` sets it, once, before any code of the project runs."""

    hides = False


def client_message(exc: BaseException) -> str:
    """The text of an exception as clients see it."""
    return message_of(exc) if _is_told(exc) else HIDDEN


def client_repr(error: BaseException | str) -> str:
    """An exception as the state of a thread shows it, where it may have been stored as text."""
    text = error if isinstance(error, str) else repr(error)
    if not Disclosure.hides or (isinstance(error, BaseException) and _is_told(error)):
        return text
    name = text.partition("(")[0] if isinstance(error, str) else type(error).__name__
    return f"{name}({HIDDEN!r})"


def run_error(exc: BaseException) -> dict[str, str]:
    """`{"error": class name, "message": text}`, as runs, streams and threads show an exception."""
    exc = first_of_group(exc)
    if isinstance(exc, StopIteration):
        return {"error": "RuntimeError", "message": client_message(exc)}
    if isinstance(exc, StopAsyncIteration):
        return {"error": "RuntimeError", "message": "async generator raised StopAsyncIteration"}
    return {"error": type(exc).__name__, "message": client_message(exc)}


def _is_told(exc: BaseException) -> bool:
    if not Disclosure.hides or isinstance(exc, _FOR_CLIENTS):
        return True
    return type(exc).__module__.partition(".")[0] in _LIBRARIES
