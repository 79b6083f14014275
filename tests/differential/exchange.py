"""Sends one step of a scenario to a server and reads the whole answer, or the first events of a stream."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from variables import Variables

KEPT = (
    "cache-control",
    "content-location",
    "content-type",
    "location",
    "x-pagination-next",
    "x-pagination-total",
)


def exchange(base: str, step: dict[str, Any], variables: Variables) -> dict[str, Any]:
    """The answer to a step: its status, the headers that are compared, and its body."""
    method, path = variables.fill(step["request"]).split(" ", 1)
    headers = {"content-type": "application/json", **variables.fill(step.get("headers", {}))}
    body = None
    if "raw" in step:
        # Each character is one byte, so that a scenario can hold what is not UTF-8.
        body = step["raw"].encode("latin-1")
    elif "body" in step:
        body = json.dumps(variables.fill(step["body"])).encode()
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer: dict[str, Any] = {"status": response.status, "headers": {}}
        for name in KEPT:
            if (value := response.headers.get(name)) is not None:
                answer["headers"][name] = value.replace(base, "")
        kind = answer["headers"].get("content-type", "")
        if kind.startswith("text/event-stream"):
            answer["events"] = _events(response, step.get("take"))
        elif kind.startswith("application/json"):
            text = response.read()
            answer["body"] = json.loads(text) if text else ""
        elif text := response.read():
            answer["text"] = text.decode()
        return answer
    finally:
        connection.close()


def _events(response: http.client.HTTPResponse, most: int | None) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    event: dict[str, Any] = {}
    while most is None or len(events) < most:
        line = response.readline().decode()
        if not line:
            break
        field, _, value = line.rstrip("\r\n").partition(": ")
        if field in ("event", "id"):
            event[field] = value
        elif field == "data":
            event["data"] = json.loads(value)
        elif not line.strip() and event:
            events.append(event)
            event = {}
    return events
