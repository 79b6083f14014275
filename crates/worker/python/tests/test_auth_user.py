"""A user of a class of the project's own, on its way from the authenticate handler to the graph."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import pickle
import threading
from functools import cached_property
from typing import Any

import pytest
from langgraph_sdk.auth.types import BaseUser
from pydantic import BaseModel

from lgx_worker.auth_user import User, user_from_result, user_json, user_object
from lgx_worker.encode import to_plain

EXPIRES = dt.datetime(2030, 1, 1, tzinfo=dt.timezone.utc)


class Account:
    def __init__(self) -> None:
        self.identity = "ann"
        self.org = "acme"
        self.expires = EXPIRES

    @property
    def display_name(self) -> str:
        return "Ann"

    @property
    def permissions(self) -> list[str]:
        return ["read"]

    @property
    def slug(self) -> str:
        return f"{self.org}-{self.identity}"

    def may(self, what: str) -> bool:
        return what in self.permissions


@dataclasses.dataclass
class Row:
    identity: str = "ann"
    org: str = "acme"
    expires: dt.datetime = EXPIRES
    permissions: tuple[str, ...] = ("read",)
    display_name: str = "Ann"

    slug = Account.slug
    may = Account.may


class Model(BaseModel):
    identity: str = "ann"
    org: str = "acme"
    expires: dt.datetime = EXPIRES
    permissions: list[str] = ["read"]
    display_name: str = "Ann"

    @cached_property
    def slug(self) -> str:
        return f"{self.org}-{self.identity}"

    def may(self, what: str) -> bool:
        return what in self.permissions


class Open(Account):
    """One that cannot be pickled."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()


def travelled(result: Any) -> User:
    user = user_object(user_json(user_from_result(result)))
    assert isinstance(user, User)
    assert isinstance(user, BaseUser)
    return user


@pytest.mark.parametrize("kind", [Account, Row, Model, Open])
def test_fields_items_and_properties_arrive(kind: type) -> None:
    user = travelled(kind())
    assert (user.identity, user["identity"], user.display_name) == ("ann", "ann", "Ann")
    assert user.permissions == ["read"]
    assert (user.is_authenticated, user["org"], user.org) == (True, "acme", "acme")
    assert (user.slug, user["slug"]) == ("acme-ann", "acme-ann")
    assert dict(user)["org"] == "acme"
    assert "nothing" not in user
    with pytest.raises(AttributeError, match="has no `nothing`"):
        _ = user.nothing


@pytest.mark.parametrize("kind", [Account, Row, Model])
def test_methods_and_the_types_of_fields_arrive(kind: type) -> None:
    user = travelled(kind())
    assert user.may("read")
    assert not user.may("write")
    assert user.expires == user["expires"] == EXPIRES


def test_permissions_that_are_returned_beside_a_user_win() -> None:
    user = travelled((["write"], Account()))
    assert user.permissions == user["permissions"] == ["write"]
    assert user.slug == "acme-ann"


def test_a_class_that_has_changed_since_leaves_what_was_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = user_json(user_from_result(Row()))
    monkeypatch.delitem(globals(), "Row")
    user = user_object(told)
    assert (user["identity"], user["org"]) == ("ann", "acme")


def test_what_a_client_says_is_never_unpickled() -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return pytest.fail, ("unpickled",)

    claims = {"identity": "mallory", "__source__": base64.b64encode(pickle.dumps(Trap())).decode()}
    for result in (claims, (["p"], claims), User(claims), type("Claims", (), claims)()):
        told = user_json(user_from_result(result))
        assert told.get("__source__") != claims["__source__"]
        assert user_object(told)["identity"] == "mallory"


def test_clients_never_see_it() -> None:
    assert to_plain({"user": travelled(Account())}) == {"user": None}
