"""The worker answers, and asks for, exactly what the list of methods has, which the server's tests read too."""

from __future__ import annotations

import json
from typing import Any, get_args

from lgx_worker.calls import STREAMED
from lgx_worker.connection import ServerMethod
from lgx_worker.handlers import BEGUN, METHODS
from test_frames import FIXTURES

LISTED: list[dict[str, Any]] = json.loads((FIXTURES / "methods.json").read_text("utf-8"))
MESSAGES: list[dict[str, Any]] = json.loads((FIXTURES / "messages.json").read_text("utf-8"))


def listed(to: str) -> list[dict[str, Any]]:
    return [method for method in LISTED if method["to"] == to]


def test_every_listed_method_has_a_handler_and_no_other_has() -> None:
    assert list(METHODS) == [method["method"] for method in listed("worker")]
    assert {method["method"] for method in listed("worker") if method.get("begun")} == BEGUN
    assert {method["method"] for method in listed("worker") if method.get("streams")} == STREAMED


def test_the_server_is_asked_for_listed_methods_only() -> None:
    assert list(get_args(ServerMethod)) == [method["method"] for method in listed("server")]


def test_there_is_a_golden_message_of_each_method() -> None:
    assert {method["method"] for method in LISTED} <= {message["meta"].get("method") for message in MESSAGES}
