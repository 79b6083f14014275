"""Turns an answer into a pattern: what is the same in every play stays, the rest becomes a placeholder."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

from variables import Variables

PROJECT = Path(__file__).parent.parent / "projects/fixtures/langgraph.json"
NAMESPACE = uuid.UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
# The assistants that stand for graphs have the same ids on every server.
OF_GRAPHS = frozenset(str(uuid.uuid5(NAMESPACE, name)) for name in json.loads(PROJECT.read_text())["graphs"])

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HEX = re.compile(r"\b[0-9a-f]{32}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")
OF_THE_SERVER = re.compile(
    r"langgraph_(host|plan|version|api_version|api_url|py_version)|langchain-core|__request_start_time_ms__"
)
ANY = "<any>"


def pattern(answer: dict[str, Any], variables: Variables) -> dict[str, Any]:
    """An answer with the play's own values as `${name}` and ids and times as `<uuid>`, `<hex>` and `<time>`."""
    known = {value: name for name, value in variables.values.items() if isinstance(value, str) and len(value) > 8}
    general = _general(answer, known)
    body = general.get("body")
    if general["status"] >= 400 and isinstance(body, dict) and isinstance(body.get("detail"), str):
        body["detail"] = "<text>"
    for event in general.get("events", []):
        if "id" in event:
            event["id"] = "<id>"
    if "text" in general:
        general["text"] = ANY
    return general


def _general(value: Any, known: dict[str, str], key: str = "") -> Any:
    if OF_THE_SERVER.fullmatch(key):
        return ANY
    if isinstance(value, dict):
        if value.get("type") == "error" and "message" in value:
            value = {**value, "message": "<text>"}
        return {_text(name, known): _general(item, known, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_general(item, known) for item in value]
    return _text(value, known) if isinstance(value, str) else value


def _text(text: str, known: dict[str, str]) -> str:
    for value, name in known.items():
        text = text.replace(value, f"${{{name}}}")
    text = TIME.sub("<time>", text)
    text = UUID.sub(lambda found: found[0] if found[0] in OF_GRAPHS else "<uuid>", text)
    return HEX.sub("<hex>", text)


class Unsteady(Exception):
    """Two plays of a step have not even their form in common."""


def agreed(one: Any, other: Any) -> Any:
    """What two plays have in common."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {key: agreed(one[key], other[key]) for key in one}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [agreed(*pair) for pair in zip(one, other, strict=True)]
    if one == other:
        return one
    if isinstance(one, str) and isinstance(other, str):
        return "<text>"
    if isinstance(one, int | float) and isinstance(other, int | float):
        return "<number>"
    raise Unsteady(f"{one!r} and {other!r}")


def loosened(value: Any, pointer: str) -> Any:
    """The value with a placeholder where the pointer (`*` for all keys or items) leads."""
    if not pointer:
        return ANY
    first, _, rest = pointer[1:].partition("/")
    rest = f"/{rest}" if rest else ""
    if isinstance(value, dict):
        return {key: loosened(item, rest) if first in ("*", key) else item for key, item in value.items()}
    if isinstance(value, list):
        return [loosened(item, rest) if first in ("*", str(at)) else item for at, item in enumerate(value)]
    return value
