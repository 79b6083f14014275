"""What clients are told of an exception, with and without the redaction of unexpected ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from langgraph.errors import GraphRecursionError, InvalidUpdateError
from langgraph_sdk.auth.exceptions import HTTPException

from lgx_worker.disclosure import HIDDEN, Disclosure, client_message, client_repr, run_error
from lgx_worker.encode import to_plain


class Mine(Exception):
    pass


class MineValue(ValueError):
    pass


@pytest.fixture
def redacting() -> Iterator[None]:
    """As in a worker that was loaded with `redact_errors`."""
    Disclosure.hides = True
    yield
    Disclosure.hides = False


def test_a_run_error_names_the_class_and_shows_the_whole_message() -> None:
    assert run_error(KeyError("kaboom")) == {"error": "KeyError", "message": "'kaboom'"}
    assert run_error(ZeroDivisionError("by zero")) == {"error": "ZeroDivisionError", "message": "by zero"}
    assert run_error(Mine("secret")) == {"error": "Mine", "message": "secret"}
    assert run_error(TimeoutError()) == {"error": "TimeoutError", "message": ""}
    assert run_error(HTTPException(418, "teapot")) == {"error": "HTTPException", "message": "418: teapot"}
    assert run_error(StopIteration()) == {"error": "RuntimeError", "message": ""}
    assert run_error(StopAsyncIteration()) == {
        "error": "RuntimeError",
        "message": "async generator raised StopAsyncIteration",
    }


@pytest.mark.usefixtures("redacting")
@pytest.mark.parametrize("exc", [Mine("secret"), ConnectionError("secret"), IndexError("secret"), SystemExit("secret")])
def test_redaction_leaves_the_class_of_an_unexpected_exception(exc: BaseException) -> None:
    name = type(exc).__name__
    assert run_error(exc) == {"error": name, "message": HIDDEN}
    assert to_plain({"error": exc}) == {"error": {"error": name, "message": HIDDEN}}
    assert client_repr(exc) == client_repr(repr(exc)) == f"{name}('{HIDDEN}')"


@pytest.mark.usefixtures("redacting")
@pytest.mark.parametrize(
    "exc",
    [
        ValueError("text"),
        MineValue("text"),
        TimeoutError("text"),
        InvalidUpdateError("text"),
        GraphRecursionError("text"),
        HTTPException(418, "text"),
    ],
)
def test_redaction_keeps_what_is_meant_for_clients(exc: Exception) -> None:
    assert "text" in client_message(exc)
    assert client_repr(exc) == repr(exc)
