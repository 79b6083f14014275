"""What schemathesis must not ask for, and values that it does not think of."""

import json
import random
from typing import Any

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


@schemathesis.hook
def before_call(context: Any, case: Any, **kwargs: Any) -> None:
    """Takes out of runs when they are to start: one that starts in a year would be waited for. Then puts in odd values."""
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
