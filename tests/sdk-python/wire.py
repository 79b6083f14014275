"""Transcripts of what goes over the wire: requests and whole answers as text, with what differs each time given a name.

A transcript is a series of exchanges on one new thread, `<thread>`:

    > POST /threads/<thread>/runs/stream
    > {"assistant_id":"multi","input":{"log":["in"]}}
    200 text/event-stream; charset=utf-8
    event: metadata
    data: {"run_id": "<id 1>", "attempt": 1}

JSON that is sent without a space too many is laid out as scenarios are; whatever else a server sends stays to the letter.
Ids are named in the order in which they turn up, the same id by the same name; requests may use the names of those that
have. `LGX_RECORD=1` writes what the server answers into the files instead of comparing; then read the difference.
"""

import json
import os
import re
from functools import partial
from pathlib import Path

import httpx

from layout import laid_out

FOLDER = Path(__file__).parent / "wire"
RECORD = bool(os.environ.get("LGX_RECORD"))

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEX = re.compile(r"(?<![0-9a-f-])[0-9a-f]{32}(?![0-9a-f])")
_SAME = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00"), "<time>"),
    (re.compile(r'(?<="__request_start_time_ms__":)\d+'), "0"),
    (re.compile(r'(?<="langgraph_version":)"[^"]+"'), '"<version>"'),
    (re.compile(r'(?<="langgraph_api_version":)"[^"]+"'), '"<version>"'),
    (re.compile(r'(?<="langchain-core":)"[^"]+"'), '"<version>"'),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "<url>"),
)
# langgraph puts these two into metadata in the order of a set, which is another one in each process.
_SET = re.compile(rf'"thread_id":"({_UUID.pattern})","run_id":"({_UUID.pattern})"')
_EVENT_ID = re.compile(r"(?m)^id: (\d+)-(\d+)$")
_NAME = re.compile(r"<(?:thread|(?:id|hex) \d+)>")


class Names:
    """The names that ids have been given."""

    def __init__(self, thread_id: str) -> None:
        self._of = {thread_id: "<thread>"}

    def named(self, text: str) -> str:
        """A text with every id by its name."""
        text = _SET.sub(r'"run_id":"\2","thread_id":"\1"', text)
        for pattern, same in _SAME:
            text = pattern.sub(same, text)
        for kind, pattern in (("id", _UUID), ("hex", _HEX)):
            text = pattern.sub(partial(self._name, kind), text)
        return text

    def real(self, text: str) -> str:
        """A text with every name by its id."""
        ids = {name: id_ for id_, name in self._of.items()}
        return _NAME.sub(lambda found: ids.get(found[0], found[0]), text)

    def _name(self, kind: str, found: re.Match[str]) -> str:
        id_ = found[0]
        if id_ not in self._of:
            count = sum(name.startswith(f"<{kind} ") for name in self._of.values())
            self._of[id_] = f"<{kind} {count + 1}>"
        return self._of[id_]


def transcripts() -> list[str]:
    """The names of all transcripts."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


async def replay(name: str, http: httpx.AsyncClient, thread_id: str) -> tuple[str, str]:
    """The transcript as it is written and as the server answers today."""
    path = FOLDER / f"{name}.txt"
    written = path.read_text()
    names = Names(thread_id)
    answered = [await _exchange(request, http, names) for request in _requests(written)]
    told = "\n".join(answered)
    if RECORD:
        path.write_text(told)
        return told, told
    return written, told


def _requests(transcript: str) -> list[list[str]]:
    """The lines of each request: a method with a path, perhaps headers, perhaps a body."""
    requests: list[list[str]] = []
    before = ""
    for line in transcript.split("\n"):
        if line.startswith("> "):
            if not before.startswith("> "):
                requests.append([])
            requests[-1].append(line[2:])
        before = line
    return requests


async def _exchange(request: list[str], http: httpx.AsyncClient, names: Names) -> str:
    first, *rest = request
    method, path = names.real(first).split(" ")
    body = rest.pop() if rest and rest[-1][0] in "{[" else None
    headers = dict(line.split(": ", 1) for line in rest)
    content = None if body is None else names.real(body)
    answer = await http.request(method, path, content=content, headers=headers)
    kind = answer.headers.get("content-type", "")
    text = answer.text
    if kind.startswith("text/event-stream"):
        text = _unframed(text)
    lines = [f"> {line}" for line in request]
    lines.append(f"{answer.status_code} {kind}".rstrip())
    shown = [_readable(line) for line in names.named(text).split("\n")]
    return "\n".join([*lines, *shown]).rstrip("\n") + "\n"


def _readable(line: str) -> str:
    """A line of an answer, laid out if that can be undone."""
    field, text = ("data: ", line[6:]) if line.startswith("data: ") else ("", line)
    try:
        value = json.loads(text)
    except ValueError:
        return line
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return field + laid_out(value, taken=len(field)) if compact == text else line


def _unframed(stream: str) -> str:
    """A stream with its lines ended as in a file, once it is known that they were ended by CRLF; ids must go up."""
    assert "\n" not in stream.replace("\r\n", ""), "every line ends in CRLF"
    text = stream.replace("\r\n", "\n").replace(": heartbeat\n\n", "")
    ids = [(int(millis), int(serial)) for millis, serial in _EVENT_ID.findall(text)]
    assert ids == sorted(set(ids)), "event ids go up"
    return _EVENT_ID.sub("id: <event>", text)
