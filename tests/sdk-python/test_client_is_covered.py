"""The last file of the client suites: nothing of the SDK's clients was left out by those before it."""

from sdk_calls import SdkCalls


def test_every_method_was_called_with_every_parameter(calls: SdkCalls):
    assert calls.unused() == []
