"""What there is to say of a debugger that is not there; one that is there is tried by the live tests."""

import sys
import types

import pytest

from fake_server import connected
from lgx_worker.attached_debugger import MISSING, is_attached
from lgx_worker.errors import CallFailed


async def test_an_environment_without_debugpy_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "debugpy", None)  # what cannot be imported
    async with connected() as (server, _):
        with pytest.raises(CallFailed) as failed:
            await server.call("debug.listen", {})
    assert failed.value.type == MISSING
    assert f"`{sys.executable}` cannot import debugpy" in failed.value.message


def test_whether_one_is_attached_is_for_debugpy_to_say(monkeypatch):
    monkeypatch.delitem(sys.modules, "debugpy", raising=False)
    assert not is_attached()
    debugpy = types.ModuleType("debugpy")
    monkeypatch.setitem(sys.modules, "debugpy", debugpy)
    assert not is_attached()  # it is being imported
    for is_connected in (False, True):
        debugpy.is_client_connected = lambda answer=is_connected: answer
        assert is_attached() is is_connected
