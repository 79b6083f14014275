"""What alice has while bob sends generated requests: made before them, and compared after them.

Usage: fuzz_two_users.py make|compare FILE URL
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from uuid import uuid4


class User:
    """The requests of one of them."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.name}-token"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - of a server that was just started
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def belongings(alice: User) -> dict[str, Any]:
    """A thread with a run, an assistant, a cron and an item, all of which hold one word."""
    secret = f"of-alice-{uuid4().hex}"
    note = {"note": secret}
    thread = alice("POST", "/threads", {"metadata": note})["thread_id"]
    said = {"messages": [{"role": "user", "content": secret}]}
    alice("POST", f"/threads/{thread}/runs/wait", {"assistant_id": "chat", "input": said, "stream_resumable": True})
    run = alice("GET", f"/threads/{thread}/runs")[0]["run_id"]
    mine = {"graph_id": "chat", "name": secret, "metadata": note}
    assistant = alice("POST", "/assistants", mine)["assistant_id"]
    cron = {"assistant_id": assistant, "schedule": "0 0 1 1 *", "input": note, "metadata": note}
    cron_id = alice("POST", "/runs/crons", cron)["cron_id"]
    alice("PUT", "/store/items", {"namespace": ["notes"], "key": "k", "value": note})
    checkpoint = alice("GET", f"/threads/{thread}/state")["checkpoint"]["checkpoint_id"]
    ids = {
        "thread_id": thread,
        "run_id": run,
        "assistant_id": assistant,
        "cron_id": cron_id,
        "checkpoint_id": checkpoint,
    }
    return {"secret": secret, "ids": ids}


def everything(alice: User, ids: dict[str, str]) -> list[Any]:
    """What she finds when she looks everywhere."""
    thread = f"/threads/{ids['thread_id']}"
    asked = [("GET", f"{thread}{path}") for path in ("", "/runs", "/state", "/history?limit=100")]
    seen = [alice(*one) for one in asked]
    searched = ("/threads/search", "/assistants/search", "/runs/crons/search", "/store/items/search")
    return [*seen, *(alice("POST", path, {"limit": 100}) for path in searched)]


def main() -> None:
    """Makes or compares."""
    what, file, url = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    alice = User(url, "alice")
    if what == "make":
        made = belongings(alice)
        agent = {"graph_id": "chat", "name": "bobs"}
        made["agent"] = User(url, "bob")("POST", "/assistants", agent)["assistant_id"]
        made["tool"] = agent["name"]
        seen = everything(alice, made["ids"])
        assert made["secret"] in json.dumps(seen)
        file.write_text(json.dumps({**made, "seen": seen}))
        return
    before = json.loads(file.read_text())
    after = everything(alice, before["ids"])
    for was, now in zip(before["seen"], after, strict=True):
        if was != now:
            sys.exit(f"bob has changed what is alice's:\n{json.dumps(was)}\nis now\n{json.dumps(now)}")


if __name__ == "__main__":
    main()
