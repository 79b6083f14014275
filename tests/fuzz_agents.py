"""What clients of MCP and A2A say, right and wrong: of a JSON-RPC request schemathesis knows only that it has a method."""

import random
from typing import Any

_MCP = [
    "initialize",
    "ping",
    "tools/list",
    "tools/call",
    "notifications/cancelled",
    "notifications/initialized",
    "nope",
]
_A2A = [
    "message/send",
    "message/stream",
    "tasks/get",
    "tasks/cancel",
    "tasks/resubscribe",
    "agent/getAuthenticatedExtendedCard",
    "tasks/pushNotificationConfig/set",
    "SendMessage",
    "SendStreamingMessage",
    "GetTask",
    "ListTasks",
    "CancelTask",
    "SubscribeToTask",
    "nope",
]


def said(case: Any, others: dict[str, Any], chance: random.Random) -> None:
    """Puts a request of the protocol in the place of a body that only looks like one."""
    if (
        case.method.upper() != "POST"
        or case.path not in ("/mcp", "/a2a/{assistant_id}")
        or not isinstance(case.body, dict)
    ):
        return
    if case.path == "/mcp":
        method = chance.choice(_MCP)
        params = _of_tools(method, others, chance)
    else:
        # An agent of bob's own, so that more is asked than whether it is there.
        if chance.random() < 0.8:
            case.path_parameters["assistant_id"] = others["agent"]
        method = chance.choice(_A2A)
        params = _of_tasks(method, others["ids"], chance)
    case.body = {
        "jsonrpc": "2.0",
        "id": chance.choice([1, "a", None, 1.5, -(2**70)]),
        "method": method,
        "params": params,
    }
    if chance.random() < 0.1:
        del case.body[chance.choice(sorted(case.body))]


def _some(chance: random.Random, choices: dict[str, list[Any]]) -> dict[str, Any]:
    """Each of these keys or not, with one of its values."""
    return {key: chance.choice(values) for key, values in choices.items() if chance.random() < 0.6}


def _of_tools(method: str, others: dict[str, Any], chance: random.Random) -> Any:
    if method == "tools/call":
        return {
            "name": chance.choice([others["tool"], others["ids"]["assistant_id"], "chat", "", 7]),
            **_some(
                chance,
                {
                    "arguments": [{"messages": []}, {"messages": "x"}, {}, {"input": [1]}, [], "x", None],
                    "_meta": [{"progressToken": 1}, {"progressToken": None}, {}, 7],
                },
            ),
        }
    return _some(
        chance,
        {
            "cursor": ["", "x", '{"default":"chat"}', '{"own":[1,"' + others["ids"]["assistant_id"] + '"]}', 7],
            "protocolVersion": ["2025-06-18", "2025-11-25", "", 1],
            "requestId": [1, "a", None],
        },
    )


def _of_tasks(method: str, ids: dict[str, str], chance: random.Random) -> Any:
    task = f"{ids['thread_id']}:{ids['run_id']}"
    places: dict[str, list[Any]] = {
        "taskId": [task, f"{ids['run_id']}:{ids['thread_id']}", "", "x:y", 7],
        "contextId": [ids["thread_id"], ids["run_id"], "", "x", None],
    }
    if method.startswith(("message/", "Send")):
        parts: list[Any] = [
            [{"kind": "text", "text": "hi"}],
            [{"text": "hi"}],
            [{"kind": "data", "data": {"messages": []}}],
            [{"data": {"messages": [7]}}],
            [{"kind": "file", "file": {"bytes": "AA==", "mimeType": "image/png"}}],
            [{"kind": "nope"}],
            [],
        ]
        message = {"role": "user", "messageId": "m", "parts": chance.choice(parts), **_some(chance, places)}
        configuration = {
            "configuration": [
                {"blocking": False},
                {"returnImmediately": True},
                {"historyLength": -1},
                {"historyLength": 2**70},
                7,
            ],
            "metadata": [{}, {"owner": "alice"}, 7],
        }
        return {"message": message, **_some(chance, configuration)}
    return _some(
        chance,
        {
            "id": places["taskId"],
            "contextId": places["contextId"],
            "historyLength": [0, 5, -1, "x", 2**64],
            "pageSize": [1, 0, 101, "x"],
            "pageToken": ["", "1", str(2**64), "x"],
            "status": ["completed", "TASK_STATE_WORKING", "x", ""],
            "includeArtifacts": [True, False, 7],
            "statusTimestampAfter": ["2026-01-01T00:00:00Z", "x", ""],
        },
    )
