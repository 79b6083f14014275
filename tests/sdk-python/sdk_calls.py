"""Which methods of the SDK's clients, and which of their parameters, the tests have called; and what they have not.

The suites of a client have to call all that it has. They are asked at the end of a session, each client only when all of its
suites ran whole: a part of them may leave out what it likes.
"""

import functools
import inspect
from collections.abc import Iterator
from typing import Any

from langgraph_sdk import client as sdk

SUITES = {
    "assistants": (sdk.AssistantsClient, sdk.SyncAssistantsClient, ["test_assistants.py"]),
    "threads": (sdk.ThreadsClient, sdk.SyncThreadsClient, ["test_threads.py", "test_thread_state.py"]),
    "runs": (
        sdk.RunsClient,
        sdk.SyncRunsClient,
        ["test_runs.py", "test_run_options.py", "test_cancel.py", "test_streams.py"],
    ),
}
CLIENTS = [client for *clients, _ in SUITES.values() for client in clients]
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

    def unused(self, files: set[str]) -> list[str]:
        """What no test has called or passed, of the clients all of whose suites are among these files."""
        asked = {client for *clients, suites in SUITES.values() if files.issuperset(suites) for client in clients}
        return sorted(
            f"{client.__name__}.{method}({parameter})" for client, method, parameter in self._unused if client in asked
        )

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
