"""The one JSON encoder: turns any value a graph can produce into the text that clients get, and never refuses."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import functools
import ipaddress
import json
import math
import pathlib
import re
import uuid
from collections import deque
from collections.abc import Callable, KeysView, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from typing import Any

import orjson
from pydantic import BaseModel

from lgx_worker.disclosure import client_message
from lgx_worker.unreadable import UnreadableValue

# Keys that are not text cost a third of the speed of everything else, so they are a second try.
_FAST = orjson.OPT_SERIALIZE_NUMPY
_ANY_KEY = _FAST | orjson.OPT_NON_STR_KEYS

# Beyond this the number is not worth its digits: Python refuses to print integers of more than 4300.
_WIDEST_INTEGER_BITS = 14_000
_DEEPEST = 300


class Hidden:
    """A value that is for the graph alone: wherever it turns up in what clients get, they get null."""

    __slots__ = ()


def to_json(value: Any) -> bytes:
    """`value` as compact JSON."""
    try:
        return orjson.dumps(value, _plain, _FAST)
    except TypeError:
        try:
            return orjson.dumps(value, _plain, _ANY_KEY)
        except TypeError:
            # Wide integers, lone surrogates, cycles, odd keys: what orjson cannot write at all.
            return json.dumps(_walk(value, 0, set()), ensure_ascii=False, separators=(",", ":")).encode()


def to_plain(value: Any) -> Any:
    """`value` as what its JSON says: dicts, lists, texts and numbers only."""
    return json.loads(to_json(value))


def _plain(value: Any) -> Any:
    """The next simpler form of a value that is not JSON by nature; null for what has none."""
    kind: Any = type(value)
    # Asked of the class: an attribute of an instance or a metaclass does not make a model.
    dump = getattr(kind, "model_dump", None)
    if dump is not None:
        if dump is not BaseModel.model_dump:
            return _attempt(dump, value)
        if _is_what_it_holds(kind) and not getattr(value, "__pydantic_extra__", None):
            return value.__dict__
        # What `model_dump` does, without its argument handling.
        try:
            return kind.__pydantic_serializer__.to_python(value, warnings=False)
        except Exception:  # noqa: BLE001 - a serializer of the user's may raise anything
            return dict(getattr(value, "__dict__", {}))
    for types, encode in _BY_TYPE:
        if isinstance(value, types):
            return encode(value)
    if hasattr(kind, "__fields__") and callable(getattr(kind, "dict", None)):  # pydantic 1
        return _attempt(kind.dict, value)
    if kind.__name__ == "Send" and hasattr(value, "node") and hasattr(value, "arg"):
        return {"node": value.node, "arg": value.arg}
    if callable(getattr(kind, "tolist", None)):  # arrays and scalars of numpy that orjson leaves to us
        return _attempt(kind.tolist, value)
    return None


@functools.cache
def _is_what_it_holds(kind: Any) -> bool:
    """Whether pydantic would dump what instances of a class hold, as it is: so with langchain's own messages, which are most of
    what a chat streams.
    """
    if not kind.__module__.startswith("langchain_core.messages."):
        return False
    rules = kind.__pydantic_decorators__
    if rules.field_serializers or rules.model_serializers or rules.computed_fields:
        return False
    held = [value for base in kind.__mro__ for value in vars(base).values()]
    return not any(isinstance(value, functools.cached_property) for value in held)


def _attempt(encode: Callable[[Any], Any], value: Any) -> Any:
    try:
        return encode(value)
    except Exception:  # noqa: BLE001 - one odd value must not cost the client the rest of the event
        return None


def _decimal(value: decimal.Decimal) -> int | float:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and 0 <= exponent <= 30:
        return int(value)
    return float(value) if not value.is_snan() else math.nan


def _sequence(value: Sequence[Any]) -> Any:
    as_dict = getattr(value, "_asdict", None)  # a namedtuple
    return as_dict() if as_dict is not None else list(value)


_BY_TYPE: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((type, Hidden), lambda _: None),
    (UnreadableValue, lambda value: value.error),
    (tuple, _sequence),
    ((AbstractSet, deque, KeysView, ValuesView), list),
    ((bytes, bytearray, memoryview), lambda value: base64.b64encode(value).decode()),
    (BaseException, lambda value: {"error": type(value).__name__, "message": client_message(value)}),
    (pathlib.PurePath, str),
    (decimal.Decimal, _decimal),
    (datetime.timedelta, datetime.timedelta.total_seconds),
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.tzinfo, lambda value: value.tzname(None) or str(value)),
    (re.Pattern, lambda value: value.pattern),
    (
        (
            ipaddress.IPv4Address,
            ipaddress.IPv6Address,
            ipaddress.IPv4Interface,
            ipaddress.IPv6Interface,
            ipaddress.IPv4Network,
            ipaddress.IPv6Network,
        ),
        str,
    ),
    (Mapping, dict),
    (Sequence, _sequence),
)


def _walk(value: Any, depth: int, path: set[int]) -> Any:
    """`value` in the types `json` writes; the slow way round for values that orjson refuses."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, enum.Enum):
        return _walk(value.value, depth + 1, path)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return int(value) if value.bit_length() <= _WIDEST_INTEGER_BITS else None
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, uuid.UUID):
        return str(value)
    if depth > _DEEPEST or id(value) in path:
        return None
    path.add(id(value))
    try:
        if isinstance(value, dict):
            return {_key(key): _walk(item, depth + 1, path) for key, item in value.items()}
        if isinstance(value, list) or type(value) is tuple:
            return [_walk(item, depth + 1, path) for item in value]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value) if not field.name.startswith("_")]
            return {name: _walk(getattr(value, name, None), depth + 1, path) for name in names}
        return _walk(_plain(value), depth + 1, path)
    finally:
        path.discard(id(value))


def _key(key: Any) -> str:
    if isinstance(key, str):
        return _text(key)
    plain = _walk(key, 0, set())
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _text(text: str) -> str:
    """Each half of a broken surrogate pair becomes `?`: it has no UTF-8."""
    return text.encode("utf-8", "replace").decode()
