"""Clients that pass over proxies unless they are told of them."""

import importlib
import sys
from pathlib import Path

import pytest

from lgx_worker import recorded_clients

CLIENT = """
class ClientSession:
    def __init__(self, base_url=None, *, timeout=5, trust_env: bool = False):
        self.trust_env = trust_env
"""


@pytest.fixture
def aiohttp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Imports a package with a client like that of aiohttp."""
    (tmp_path / "aiohttp").mkdir()
    (tmp_path / "aiohttp/__init__.py").write_text("from aiohttp.client import ClientSession")
    (tmp_path / "aiohttp/client.py").write_text(CLIENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for name in ("aiohttp", "aiohttp.client"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield lambda: importlib.import_module("aiohttp")
    for name in ("aiohttp", "aiohttp.client"):
        sys.modules.pop(name, None)


def test_aiohttp_goes_by_the_proxy_where_calls_are_recorded(aiohttp, monkeypatch):
    monkeypatch.setenv(recorded_clients.RECORDS, "1")
    recorded_clients.install()
    session = aiohttp().ClientSession
    assert session().trust_env is True
    assert session(trust_env=False).trust_env is False


def test_it_is_left_alone_otherwise(aiohttp, monkeypatch):
    monkeypatch.delenv(recorded_clients.RECORDS, raising=False)
    recorded_clients.install()
    assert aiohttp().ClientSession().trust_env is False


def test_one_that_is_imported_already_is_changed_too(aiohttp, monkeypatch):
    monkeypatch.setenv(recorded_clients.RECORDS, "1")
    package = aiohttp()
    recorded_clients.install()
    assert package.ClientSession().trust_env is True
