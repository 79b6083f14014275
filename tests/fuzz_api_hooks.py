"""What schemathesis must not ask for, and values that it does not think of."""

import json
import os
import random
from pathlib import Path
from typing import Any

import fuzz_agents
import schemathesis

# Written into the text of a body: Python has no value that is written so.
_RAW = {
    "@beyond floats@": "1e999",
    "@far below@": "-1E+4000",
    "@tiny@": "1e-999",
    "@exact@": "0.1000000000000000055511151231257827",
}
_DEEP: Any = []
for _ in range(150):
    _DEEP = [_DEEP]
_VALUES: list[Any] = [
    *_RAW,
    _DEEP,
    "cut \ud83d",
    "\ude00\ud83d",
    {"\ud800": 1},
    "a\x00b",
    {"\x00": "\x00"},
    2**53 + 1,
    2**64,
    -(2**200),
    10**400,
    10**4200,
    float("nan"),
]
# One call of so many brings one of them.
_EVERY = 6
# Where there are two users: what the other one has, of which half of all calls name something.
_OTHERS: dict[str, Any] = (
    json.loads(Path(os.environ["LGX_FUZZ_ALICE"]).read_text()) if "LGX_FUZZ_ALICE" in os.environ else {}
)


@schemathesis.hook
def before_call(context: Any, case: Any, **kwargs: Any) -> None:
    """Takes out of runs when they are to start: one that starts in a year would be waited for. Then puts in odd values."""
    if _OTHERS:
        _name_what_is_others(case)
    if "LGX_FUZZ_AGENTS" in os.environ:
        fuzz_agents.said(case, _OTHERS, random.Random(json.dumps([case.path, case.body], default=str)))
    body = case.body
    for item in body if isinstance(body, list) else [body]:
        if isinstance(item, dict):
            item.pop("after_seconds", None)
    if not isinstance(body, (dict, list)):
        return
    text = json.dumps(body, default=str)
    chance = random.Random(text)
    if chance.randrange(_EVERY) == 0:
        odd = json.dumps(_with(json.loads(text), chance.choice(_VALUES), chance))
        for word, raw in _RAW.items():
            odd = odd.replace(json.dumps(word), raw)
        case.body = odd.encode()


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Takes down an answer that holds something of the other user's."""
    if _OTHERS and _OTHERS["secret"].encode() in response.content:
        with Path(os.environ["LGX_FUZZ_SEEN"]).open("a") as seen:
            seen.write(f"{case.as_curl_command()}\n{response.content.decode(errors='replace')}\n\n")


def _name_what_is_others(case: Any) -> None:
    """Puts ids of the other user's in the place of others, in half of all calls."""
    ids = _OTHERS["ids"]
    chance = random.Random(f"{case.method} {case.path} {case.path_parameters} {case.body}")
    if chance.randrange(2):
        return
    for name in ids.keys() & (case.path_parameters or {}).keys():
        case.path_parameters[name] = ids[name]
    for item in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(item, dict):
            item.update({name: ids[name] for name in ids.keys() & item.keys()})
            lists = {"ids": "thread_id", "thread_ids": "thread_id", "run_ids": "run_id"}
            item.update({name: [ids[lists[name]]] for name in lists.keys() & item.keys()})


def _with(value: Any, odd: Any, chance: random.Random) -> Any:
    """`value` with `odd` somewhere in it."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(sorted(value))
        return {**value, key: _with(value[key], odd, chance)}
    if isinstance(value, dict):
        return {**value, "odd": odd}
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        return [*value[:place], _with(value[place], odd, chance), *value[place + 1 :]]
    return odd
