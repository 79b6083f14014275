"""Which methods of the SDK's clients, and which of their parameters, the tests have called; and what they have not."""

import functools
import inspect
from collections.abc import Iterator
from typing import Any

from langgraph_sdk import client as sdk

CLIENTS = (
    sdk.AssistantsClient,
    sdk.ThreadsClient,
    sdk.RunsClient,
    sdk.SyncAssistantsClient,
    sdk.SyncThreadsClient,
    sdk.SyncRunsClient,
)
# The streams of whole threads have suites of their own.
ELSEWHERE = {
    (client, method) for client in (sdk.ThreadsClient, sdk.SyncThreadsClient) for method in ("stream", "join_stream")
}


class SdkCalls:
    """Notes every call of a public method from `watch` on."""

    def __init__(self) -> None:
        self._unused = {(*method, name) for *method, names in _methods() for name in names}

    def watch(self) -> None:
        """Replaces each method by one that notes how it is called."""
        for client, name, _ in list(_methods()):
            setattr(client, name, self._noting(client, name, getattr(client, name)))

    def unused(self) -> list[str]:
        """What no test has called or passed."""
        return sorted(f"{client.__name__}.{method}({parameter})" for client, method, parameter in self._unused)

    def _noting(self, client: type, name: str, method: Any) -> Any:
        signature = inspect.signature(method)

        @functools.wraps(method)
        def noting(*arguments: Any, **named: Any) -> Any:
            for parameter in signature.bind(*arguments, **named).arguments:
                self._unused.discard((client, name, parameter))
            return method(*arguments, **named)

        return noting


def _methods() -> Iterator[tuple[type, str, list[str]]]:
    """Every public method with the names of its parameters; `self` stands for the call itself."""
    for client in CLIENTS:
        for name, method in inspect.getmembers(client, inspect.isfunction):
            if not name.startswith("_") and (client, name) not in ELSEWHERE:
                yield client, name, list(inspect.signature(method).parameters)
