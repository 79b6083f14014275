"""Writes the recordings beside it: drawings, schemas and streams of the fixtures project, from the server at LGX_URL."""

import json
import os
import pathlib
import urllib.request

URL = os.environ["LGX_URL"]
HERE = pathlib.Path(__file__).parent
GRAPHS = json.loads((HERE.parents[4] / "tests/projects/fixtures/langgraph.json").read_text())["graphs"]
MODES = ["values", "updates", "messages-tuple", "tasks", "checkpoints", "custom"]
SENSE = {"messages": [{"role": "user", "content": "What is the weather?"}]}
TOOL_CALLS = [{"name": name, "args": {"x": 1}, "id": name, "type": "tool_call"} for name in ["good", "nothing", "kid"]]
# Of each graph the runs on one thread, one after the other.
RUNS = {
    "chat": [{"input": SENSE}],
    "multi": [{"input": {"log": ["in"]}}],
    "hitl": [{"input": {"question": "Really?"}}, {"command": {"resume": "yes"}}],
    "hitl_many": [{"input": {"items": ["a", "b"]}}, {"command": {"resume": "FIRST"}}],
    "nested": [{"input": {"ask": True}}, {"command": {"resume": "sure"}}],
    "nested_chat": [{"input": {"messages": [{"role": "user", "content": "hello there"}]}}],
    "loop": [{"input": {"n": 0}, "config": {"recursion_limit": 4}}],
    "boom": [{"input": {"ok": "no"}}],
    "msgs": [{"input": {"messages": []}}],
    "tools_kinds": [{"input": {"messages": [{"role": "ai", "content": "", "tool_calls": TOOL_CALLS}]}}],
    "custom": [{"input": {"n": 1}}],
    "goto": [{"input": {"to": "right"}}],
}
# What says nothing about the page, or changes with every recording.
NOISE = (
    "langgraph_api",
    "langgraph_auth",
    "langgraph_request",
    "langgraph_plan",
    "langgraph_host",
    "langgraph_version",
    "__",
)
KEPT = {"__interrupt__", "__start__", "__end__", "__tools"}


def _call(method: str, path: str, body: object = None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "x-auth-scheme": "langsmith"}
    request = urllib.request.Request(URL + path, data, headers, method=method)  # noqa: S310 - the server on this machine
    return urllib.request.urlopen(request)  # noqa: S310 - the server on this machine


def _get(path: str) -> object:
    return json.load(_call("GET", path))


def _quiet(value: object) -> object:
    if isinstance(value, dict):
        noisy = {key for key in value if key.startswith(NOISE) and key not in KEPT}
        return {key: _quiet(item) for key, item in value.items() if key not in noisy}
    return [_quiet(item) for item in value] if isinstance(value, list) else value


def _frames(answer) -> list[dict]:
    """The events of a stream as the topic of the thread brings them."""
    found: list[dict] = []
    event: dict[str, str] = {}
    for line in answer:
        name, _, text = line.decode().rstrip("\r\n").partition(": ")
        if name:
            event[name] = text
        elif event:
            if "id" in event:
                found.append({"id": event["id"], "name": event["event"], "data": _quiet(json.loads(event["data"]))})
            elif event.get("event") == "error":
                found.append({"id": found[-1]["id"] + "-1", "name": "error", "data": _quiet(json.loads(event["data"]))})
            event = {}
    return found


def _stream(thread: str, graph: str, body: dict) -> dict:
    if body.get("command") == {"resume": "FIRST"}:
        first = _get(f"/threads/{thread}/state")["interrupts"][0]
        body = {"command": {"resume": {first["id"]: "answered"}}}
    asked = {"assistant_id": graph, "stream_mode": MODES, "stream_subgraphs": True, "stream_resumable": True, **body}
    events = _frames(_call("POST", f"/threads/{thread}/runs/stream", asked))
    run = events[0]["data"]["run_id"]
    answer = _get(f"/threads/{thread}/runs/{run}")
    return {"run_id": run, "status": answer["status"], "events": events}


def _write(name: str, value: object) -> None:
    (HERE / f"{name}.json").write_text(json.dumps(value, indent=None, ensure_ascii=False, separators=(",", ":")) + "\n")


def _main() -> None:
    found = json.load(_call("POST", "/assistants/search", {"limit": 100}))
    assistants = {assistant["graph_id"]: assistant["assistant_id"] for assistant in found}
    plain = {graph: _get(f"/assistants/{graph}/graph") for graph in GRAPHS}
    _write("drawings", {g: {"plain": plain[g], "xray": _get(f"/assistants/{g}/graph?xray=true")} for g in GRAPHS})
    schemas = {g: _get(f"/assistants/{assistants[g]}/schemas") for g in GRAPHS}
    _write(
        "schemas", {g: {key: found[key] for key in ("input_schema", "context_schema")} for g, found in schemas.items()}
    )
    for graph, bodies in RUNS.items():
        thread = json.load(_call("POST", "/threads", {}))["thread_id"]
        runs = [_stream(thread, graph, body) for body in bodies]
        state = _quiet(_get(f"/threads/{thread}/state?subgraphs=true"))
        _write(f"stream-{graph}", {"thread_id": thread, "runs": runs, "state": state})


if __name__ == "__main__":
    _main()
