"""The caller as auth handlers and graphs see it, and as it travels in JSON."""

from __future__ import annotations

import base64
import dataclasses
import functools
import pickle
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langgraph_sdk.auth.types import StudioUser as SdkStudioUser

from lgx_worker.encode import Hidden, to_plain

STUDIO_IDENTITY = "langgraph-studio-user"
# Where the JSON of a user has the object that the handler returned, if that was one of a class. Only `user_json` writes it:
# a handler may pass on what a client says, and what is here is unpickled.
_SOURCE = "__source__"
_MISSING = object()


class NotAUser(Exception):
    """What the authenticate handler returned says nothing about who the caller is."""


class User(Hidden, Mapping[str, Any]):
    """What the authenticate handler returned, by attribute and by item, with the defaults filled in. It often holds tokens,
    and stream modes that show a run's config would show them.
    """

    __slots__ = ("_data", "_source")

    def __init__(self, data: Mapping[str, Any], source: Any = None) -> None:
        identity = data.get("identity")
        if identity is None:
            raise NotAUser
        identity = identity if isinstance(identity, str) else str(identity)
        self._data: dict[str, Any] = {
            "identity": identity,
            "display_name": identity if data.get("display_name") is None else data["display_name"],
            "is_authenticated": data.get("is_authenticated", True),
            "permissions": list(data.get("permissions") or ()),
            **{key: value for key, value in data.items() if key not in _STANDARD and key != _SOURCE},
        }
        self._source = source

    @property
    def identity(self) -> str:
        """Who it is, uniquely."""
        return self._data["identity"]

    @property
    def display_name(self) -> str:
        """The identity, if the handler gave no other name."""
        return self._data["display_name"]

    @property
    def is_authenticated(self) -> bool:
        """True, if the handler did not say otherwise."""
        return self._data["is_authenticated"]

    @property
    def permissions(self) -> Sequence[str]:
        """What the handler granted."""
        return self._data["permissions"]

    def __getitem__(self, key: str) -> Any:
        if key in self._data:
            return self._data[key]
        found = getattr(self._source, key, _MISSING) if self._source is not None else _MISSING
        if found is _MISSING:
            raise KeyError(key)
        return found

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            try:
                return self[name]
            except KeyError:
                pass
        raise AttributeError(f"The user has no `{name}`; it has {', '.join(self._data)}." if name[:1] != "_" else name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        # Custom keys are often tokens: they do not belong in logs.
        return f"User(identity={self.identity!r})"


_STANDARD = frozenset(("identity", "display_name", "is_authenticated", "permissions"))


class StudioUser(Hidden, SdkStudioUser, Mapping[str, Any]):
    """The developer who uses Studio: recognised by `isinstance` and by `is_studio_user`, and readable like a dict."""

    __slots__ = ()

    def __init__(self, username: str = STUDIO_IDENTITY, is_authenticated: bool = False) -> None:
        super().__init__(username, is_authenticated)

    @property
    def kind(self) -> str:
        """What tells this user in its dict form."""
        return "StudioUser"

    def __getitem__(self, key: str) -> Any:
        if key in _STANDARD or key == "kind":
            return getattr(self, key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("identity", "display_name", "is_authenticated", "permissions", "kind"))

    def __len__(self) -> int:
        return 5

    def __repr__(self) -> str:
        return f"StudioUser(identity={self.identity!r})"


def user_from_result(result: Any) -> User:
    """The user that an authenticate handler returned; `NotAUser` when it is none."""
    if isinstance(result, User):
        return result
    if isinstance(result, tuple) and len(result) == 2 and not hasattr(result, "identity"):
        permissions, result = result
        user = user_from_result(result)
        return User({**user, "permissions": permissions}, user._source)
    if isinstance(result, str):
        return User({"identity": result})
    if isinstance(result, Mapping):
        return User(result)
    if hasattr(result, "identity"):
        return User(
            {**_public(result), **{name: getattr(result, name, None) for name in ("identity", "permissions")}}, result
        )
    raise NotAUser


def user_json(user: Mapping[str, Any]) -> dict[str, Any]:
    """The user as JSON, custom keys included; with the object of the project's class, if there is one."""
    plain: dict[str, Any] = to_plain({key: value for key, value in user.items() if key != _SOURCE})
    source = user._source if isinstance(user, User) else None
    if source is None:
        return plain
    try:
        plain[_SOURCE] = base64.b64encode(pickle.dumps(source)).decode()
    except Exception:  # noqa: BLE001 - it may hold a connection, or be of a class inside a function
        return {**to_plain(_properties(source)), **plain}
    return plain


def user_object(data: Mapping[str, Any] | None) -> User | StudioUser | None:
    """The user that `user_json` wrote down: what `configurable["langgraph_auth_user"]` holds in a run."""
    if data is None:
        return None
    if data.get("kind") == "StudioUser" and data.get("identity") == STUDIO_IDENTITY:
        return StudioUser(STUDIO_IDENTITY, bool(data.get("is_authenticated")))
    if _SOURCE not in data:
        return User(data)
    try:
        source = pickle.loads(base64.b64decode(data[_SOURCE]))  # noqa: S301 - written by `user_json`
        fields = _public(source)
    except Exception:  # noqa: BLE001 - the class has changed since; what was told of it is there
        return User(data)
    # The standard fields are as they were granted: a handler may return permissions beside the object.
    return User({**fields, **{key: data[key] for key in _STANDARD if key in data}}, source)


def _public(source: Any) -> dict[str, Any]:
    """The fields of an object that was returned as the user."""
    if callable(getattr(type(source), "model_dump", None)):
        fields = source.model_dump()
    elif dataclasses.is_dataclass(source) and not isinstance(source, type):
        fields = {field.name: getattr(source, field.name) for field in dataclasses.fields(source)}
    else:
        fields = dict(getattr(source, "__dict__", {}))
    for name in ("display_name", "is_authenticated"):  # often properties
        value = getattr(source, name, None)
        if value is not None:
            fields[name] = value
    return {key: value for key, value in fields.items() if not key.startswith("_")}


def _properties(source: Any) -> dict[str, Any]:
    """What an object of the project computes, for one that cannot travel itself."""
    found: dict[str, Any] = {}
    for kind in reversed(type(source).__mro__):
        if kind.__module__.partition(".")[0] in ("builtins", "pydantic"):
            continue
        for name, member in vars(kind).items():
            if not name.startswith("_") and isinstance(member, (property, functools.cached_property)):
                found[name] = _attempt(source, name)
    return found


def _attempt(source: Any, name: str) -> Any:
    try:
        return getattr(source, name)
    except Exception:  # noqa: BLE001 - a property that fails is the same as none
        return None
