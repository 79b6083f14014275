"""What runs become in the event protocol, as the official server tells it: methods, namespaces and data, in order."""

import json
import re
import uuid

import pytest
from langgraph_sdk.client import LangGraphClient

CHANNELS = ["values", "updates", "messages", "tools", "lifecycle", "input", "custom"]
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")


def said(word: str) -> dict:
    return {"messages": [{"role": "user", "content": word}]}


def calls(tool: str) -> dict:
    call = {"name": tool, "args": {"x": 1}, "id": f"c_{tool}", "type": "tool_call"}
    return {"messages": [{"role": "assistant", "content": "", "tool_calls": [call]}]}


async def told(client: LangGraphClient, graph: str, given, count: int, channels=CHANNELS) -> list[str]:
    """The first events of a run, each as one line, with ids that differ from run to run as `*`."""
    path = f"/threads/{uuid.uuid4()}"
    params = {"assistant_id": graph, "input": given}
    answer = await client.http.post(f"{path}/commands", json={"id": 1, "method": "run.start", "params": params})
    assert answer["type"] == "success", answer
    lines = []
    # Not through a thread stream of the SDK, which stops where the run pauses.
    async for part in client.http.stream(f"{path}/stream/events", "POST", json={"channels": channels}):
        lines.append(line(part.data))
        if len(lines) == count:
            return lines
    raise AssertionError(f"the stream ended after {lines}")


def line(event: dict) -> str:
    params = event["params"]
    place = "|".join(params["namespace"])
    data = json.dumps(params["data"], separators=(",", ":"))
    return ID.sub("*", f"{event['method']}{'@' if place else ''}{place} {data}")


def running(graph: str) -> str:
    return f'lifecycle {{"event":"running","graph_name":"{graph}"}}'


def completed(graph: str) -> str:
    return f'lifecycle {{"event":"completed","graph_name":"{graph}"}}'


def started(node: str) -> str:
    return (
        f'lifecycle@{node}:* {{"event":"started","namespace":["{node}:*"],"graph_name":"{node}","trigger_call_id":"*"}}'
    )


def asks(payload: str, place: str = "") -> str:
    # The official server says `payload` only; SDKs look for `value`.
    return f'input.requested{place} {{"interrupt_id":"*","payload":{payload},"value":{payload}}}'


SEQUENCES = {
    "custom": (
        {"n": 1},
        [running("custom"), 'values {"n":1}', 'values {"n":2}', completed("custom")],
    ),
    "func": (
        [1, 2, 3],
        [running("func"), 'values {"squares":[1,4,9],"total":14}', completed("func")],
    ),
    "boom": (
        {},
        [
            running("boom"),
            'values {"ok":"yes"}',
            'lifecycle {"event":"failed","graph_name":"boom","error":"kaboom"}',
        ],
    ),
    "hitl": (
        {"question": "q?"},
        [
            running("hitl"),
            'values {"question":"q?"}',
            asks('{"q":"q?"}'),
            'lifecycle {"event":"interrupted","graph_name":"hitl"}',
            'values {"question":"q?"}',
        ],
    ),
    "schema_int": (
        {},
        [
            running("schema_int"),
            asks('"first"'),
            'lifecycle {"event":"interrupted","graph_name":"schema_int"}',
            "values {}",
        ],
    ),
    "hitl_many": (
        {"items": ["x", "y"]},
        [
            running("hitl_many"),
            'values {"items":["x","y"],"out":[]}',
            asks('{"item":"x"}'),
            'lifecycle {"event":"interrupted","graph_name":"hitl_many"}',
            'values {"items":["x","y"],"out":[]}',
            asks('{"item":"y"}'),
            'values {"items":["x","y"],"out":[]}',
        ],
    ),
    "sub_fail": (
        {},
        [
            running("sub_fail"),
            started("kid"),
            'lifecycle@kid:* {"event":"failed","graph_name":"kid","error":"child failed"}',
            'lifecycle {"event":"failed","graph_name":"sub_fail","error":"child failed"}',
        ],
    ),
    "nested": (
        {"log": ["in"]},
        [
            running("nested"),
            'values {"log":["in"]}',
            'values {"log":["in","before"]}',
            'values@child:* {"log":["in","before"]}',
            started("child"),
            'values@child:* {"log":["in","before","c1"]}',
            'values@child:* {"log":["in","before","c1","c2:none"]}',
            'lifecycle@child:* {"event":"completed","graph_name":"child"}',
            'values {"log":["in","before","in","before","c1","c2:none"]}',
            'values {"log":["in","before","in","before","c1","c2:none","after"]}',
            completed("nested"),
        ],
    ),
    "nested_chat": (
        said("hi"),
        [
            running("nested_chat"),
            'values {"messages":[{"type":"human","content":"hi","id":"*"}]}',
            'values@sub:* {"messages":[{"type":"human","content":"hi","id":"*"}]}',
            started("sub"),
            'messages@sub:* {"event":"message-start","role":"ai","id":"lc_run--*"}',
            'messages@sub:* {"event":"content-block-start","index":0,"content":{"type":"text","text":""}}',
            *(
                f'messages@sub:* {{"event":"content-block-delta","index":0,"delta":{{"type":"text-delta","text":"{word}"}}}}'
                for word in ("You", " said:", " hi")
            ),
            'messages@sub:* {"event":"content-block-finish","index":0,"content":{"type":"text","text":"You said: hi"}}',
            (
                'messages@sub:* {"event":"message-finish","usage":{"input_tokens":3,"output_tokens":3,"total_tokens":6},'
                '"metadata":{"finish_reason":"stop"}}'
            ),
            (
                'values@sub:* {"messages":[{"type":"human","content":"hi","id":"*"},{"type":"ai","content":[{"type":"text",'
                '"text":"You said: hi","index":0}],"id":"lc_run--*","response_metadata":{"finish_reason":"stop",'
                '"output_version":"v1"}}]}'
            ),
            'lifecycle@sub:* {"event":"completed","graph_name":"sub"}',
            (
                'values {"messages":[{"type":"human","content":"hi","id":"*"},{"type":"ai","content":[{"type":"text",'
                '"text":"You said: hi","index":0}],"id":"lc_run--*","response_metadata":{"finish_reason":"stop",'
                '"output_version":"v1"}}]}'
            ),
            completed("nested_chat"),
        ],
    ),
}


@pytest.mark.parametrize("graph", SEQUENCES)
async def test_a_run_is_told_as_the_official_server_tells_it(client: LangGraphClient, graph):
    given, expected = SEQUENCES[graph]
    assert await told(client, graph, given, len(expected)) == expected


async def test_a_question_of_a_subgraph(client: LangGraphClient):
    assert await told(client, "nested", {"ask": True, "log": []}, 11) == [
        running("nested"),
        'values {"ask":true,"log":[]}',
        'values {"ask":true,"log":["before"]}',
        'values@child:* {"ask":true,"log":["before"]}',
        started("child"),
        'values@child:* {"ask":true,"log":["before","c1"]}',
        asks('"child question"', "@child:*"),
        'lifecycle {"event":"interrupted","graph_name":"nested"}',
        'values@child:* {"ask":true,"log":["before","c1"]}',
        'values {"ask":true,"log":["before"]}',
        'lifecycle@child:* {"event":"interrupted","graph_name":"child"}',
    ]


async def test_tools_and_the_graphs_within_them(client: LangGraphClient):
    lines = await told(client, "tools_kinds", calls("kid"), 15)
    assert [each for each in lines if not each.startswith("values ")] == [
        running("tools_kinds"),
        'tools {"event":"tool-started","tool_call_id":"c_kid","tool_name":"kid","input":{"x":1}}',
        'values@tools:* {"n":1}',
        started("tools"),
        'values@tools:* {"n":2}',
        (
            'tools {"event":"tool-finished","tool_call_id":"c_kid","output":{"content":"2","additional_kwargs":{},'
            '"response_metadata":{},"type":"tool","name":"kid","id":null,"tool_call_id":"c_kid","artifact":null,'
            '"status":"success"}}'
        ),
        'messages@tools:c_kid {"event":"message-start","role":"tool","id":"tool-c_kid","tool_call_id":"c_kid"}',
        'messages@tools:c_kid {"event":"content-block-start","index":0,"content":{"type":"text","text":""}}',
        # The official server puts the text in `content` only; clients read `delta`.
        (
            'messages@tools:c_kid {"event":"content-block-delta","index":0,"delta":{"type":"text-delta","text":"2"},'
            '"content":{"type":"text","text":"2"}}'
        ),
        'messages@tools:c_kid {"event":"content-block-finish","index":0,"content":{"type":"text","text":"2"}}',
        'messages@tools:c_kid {"event":"message-finish","metadata":{}}',
        'lifecycle@tools:* {"event":"completed","graph_name":"tools"}',
        completed("tools_kinds"),
    ]


async def test_a_tool_that_raises(client: LangGraphClient):
    lines = await told(client, "tools_kinds", calls("bad"), 5)
    assert lines[2:] == [
        'tools {"event":"tool-started","tool_call_id":"c_bad","tool_name":"bad","input":{"x":1}}',
        'tools {"event":"tool-error","tool_call_id":"c_bad","message":"tool broke"}',
        'lifecycle {"event":"failed","graph_name":"tools_kinds","error":"tool broke"}',
    ]


async def test_what_the_transformers_of_a_graph_add(client: LangGraphClient):
    lines = await told(client, "channels", said("hi"), 3, ["custom"])
    assert lines == [
        'custom {"progress":1}',
        'custom {"name":"status","payload":{"pct":50}}',
        'custom "plain"',
    ]
    (update,) = await told(client, "channels", said("hi"), 1, ["updates"])
    assert update.startswith('updates {"model":{"messages":[{"type":"ai","content":[{"type":"text",')
    # The official server never delivers these two.
    start, result = await told(client, "channels", said("hi"), 2, ["tasks"])
    assert '"name":"model","input":' in start
    assert '"name":"model","error":null,"result":' in result
    checkpoints = await told(client, "channels", said("hi"), 3, ["checkpoints"])
    assert '"next":["model"]' in checkpoints[1]


async def test_messages_in_values_show_what_clients_show(client: LangGraphClient):
    lines = await told(client, "msgs", {"messages": []}, 5)
    values = json.loads(lines[2].removeprefix("values "))
    assert values["messages"][:4] == [
        {"type": "human", "content": [{"type": "text", "text": "hi"}], "id": "h", "name": "bob"},
        {"type": "system", "content": "sys", "id": "s"},
        {
            "type": "ai",
            "content": "ai",
            "id": "a",
            "name": "bot",
            "response_metadata": {"model_name": "m"},
            "invalid_tool_calls": [{"type": "invalid_tool_call", "id": "i1", "name": "t", "args": "{", "error": "e"}],
        },
        {"type": "tool", "content": "res", "id": "t", "tool_call_id": "c", "status": "error", "artifact": {"z": 1}},
    ]
