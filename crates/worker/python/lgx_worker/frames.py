"""Frames: the 16-byte header, the JSON meta and the binary sections that both sides of the connection exchange."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from lgx_worker.errors import FrameTooLarge

try:
    import orjson
except ImportError:  # an interpreter without langgraph still says hello, and that langgraph is missing
    orjson = None  # type: ignore[assignment] # a module is no optional

MAX_LENGTH = 256 * 1024 * 1024
MAX_SECTIONS = 0xFFFF
LAST = 1
"""The flag of the last data in a direction."""
HEADER = struct.Struct("<IBBHQ")
LENGTH = struct.Struct("<I")
_LENGTHS = [struct.Struct(f"<{1 + sections}I") for sections in range(4)]
"""The lengths of meta and sections, of frames with few sections."""
_EMPTY_META = LENGTH.pack(2) + b"{}"
# orjson reads integers of more than 64 bits as floats; `json` reads them as they are, only slower. The digits of a channel's
# version, in quotes, are none.
_WIDE_INTEGER = re.compile(rb"[-:,\[\s][0-9]{19}")
_DIGITS_AS_ZEROS = bytes(0x30 if byte in b"0123456789" else 0x20 for byte in range(256))
_MANY_DIGITS = b"0" * 19
"""Seldom there: to look each byte up takes a twentieth of what the expression takes."""

Bytes = bytes | bytearray | memoryview


class Kind(IntEnum):
    """What a frame is."""

    HELLO = 1
    CALL = 2
    REPLY = 3
    ERROR = 4
    DATA = 5
    NOTE = 6
    CANCEL = 7
    LOG = 8
    PING = 9
    PONG = 10
    SHUTDOWN = 11
    BEGUN = 12
    CREDIT = 13
    WARM = 14


class BadFrame(Exception):
    """Bytes that are no frame; the connection cannot go on after them."""


class Frame(NamedTuple):
    """One decoded frame; the sections are views into the bytes it was read from."""

    kind: int
    id: int
    meta: dict[str, Any]
    sections: list[memoryview]
    size: int
    """The bytes it took, which is what it costs of the credit of a stream."""
    last: bool = False
    """No data follows it in its direction."""


def encode(kind: int, id: int, meta: dict[str, Any], sections: Sequence[Bytes] = ()) -> bytes:
    """The bytes of a frame; `FrameTooLarge` when it is over the limit."""
    return encode_raw(kind, id, encode_meta(meta), sections)


def bare(kind: int, id: int) -> bytes:
    """The bytes of a frame that says nothing beside its kind and its call."""
    return HEADER.pack(len(_EMPTY_META), kind, 0, 0, id) + _EMPTY_META


def encode_raw(kind: int, id: int, meta: bytes, sections: Sequence[Bytes] = (), *, last: bool = False) -> bytes:
    """As `encode`, for a meta that is JSON already; `last` of the data that ends its direction."""
    count = len(sections)
    length = 4 + 4 * count + len(meta)
    for section in sections:
        length += len(section)
    if count > MAX_SECTIONS:
        raise FrameTooLarge(
            f"{count:,} binary values do not fit into one message between the graph and the server "
            f"(the limit is {MAX_SECTIONS:,}). Write fewer at a time."
        )
    if length > MAX_LENGTH:
        raise FrameTooLarge(
            f"{length / 1048576:.1f} MiB do not fit into one message between the graph and the server "
            f"(the limit is {MAX_LENGTH // 1048576} MiB). Keep large data outside the state and pass a reference to it."
        )
    return b"".join(
        (
            HEADER.pack(length, kind, LAST if last else 0, count, id),
            _lengths(count).pack(len(meta), *map(len, sections)),
            meta,
            *sections,
        )
    )


def encode_meta(meta: dict[str, Any]) -> bytes:
    """Compact JSON; values that JSON has no form for are written as `encode.to_json` writes them for clients."""
    if orjson is None:
        import json

        return json.dumps(meta, separators=(",", ":")).encode()
    try:
        return orjson.dumps(meta)
    except TypeError:
        from lgx_worker.encode import to_json

        return to_json(meta)


def decode_meta(data: Bytes) -> dict[str, Any]:
    """The object that meta is."""
    try:
        meta = _fast_json(data)
    except ValueError:
        import json

        try:  # also what orjson refuses, such as half of a surrogate pair in an item that a client has put
            meta = json.loads(bytes(data))
        except ValueError as error:
            raise BadFrame(f"meta is not JSON: {error}") from error
    if not isinstance(meta, dict):
        raise BadFrame("meta is not a JSON object")
    return meta


def _fast_json(data: Bytes) -> Any:
    if orjson is None or (_MANY_DIGITS in bytes(data).translate(_DIGITS_AS_ZEROS) and _WIDE_INTEGER.search(data)):
        raise ValueError
    return orjson.loads(data)


def _lengths(sections: int) -> struct.Struct:
    return _LENGTHS[sections] if sections < len(_LENGTHS) else struct.Struct(f"<{1 + sections}I")


def frame_length(data: Bytes, start: int = 0) -> int | None:
    """The size of the whole frame that begins at `start`, or None when its length has not arrived yet."""
    if len(data) - start < HEADER.size:
        return None
    (length,) = LENGTH.unpack_from(data, start)
    if length > MAX_LENGTH:
        raise BadFrame(f"a frame of {length} bytes is over the limit of {MAX_LENGTH}")
    return HEADER.size + length


def decode(data: bytes | memoryview) -> Frame:
    """The frame that `data` is, from its first byte to its last."""
    if len(data) < HEADER.size + 4:
        raise BadFrame(f"{len(data)} bytes are too few for a frame")
    length, kind, flags, count, id_ = HEADER.unpack_from(data)
    if HEADER.size + length != len(data):
        raise BadFrame(f"the header says {HEADER.size + length} bytes, there are {len(data)}")
    last = kind == Kind.DATA and flags == LAST
    if flags and not last:
        raise BadFrame(f"unknown flags {flags}")
    start = HEADER.size + 4 + 4 * count
    if start > len(data):
        raise BadFrame("the section lengths run past the end of the frame")
    meta_length, *lengths = _lengths(count).unpack_from(data, HEADER.size)
    if start + meta_length + sum(lengths) != len(data):
        raise BadFrame("the lengths of meta and sections do not add up to the frame")
    view = memoryview(data)
    at = start + meta_length
    meta = decode_meta(view[start:at])
    sections = []
    for size in lengths:
        sections.append(view[at : at + size])
        at += size
    return Frame(kind, id_, meta, sections, len(data), last)
