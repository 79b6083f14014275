"""The variables of a scenario: made for each play, or captured from answers, and filled into requests as `${name}`."""

import re
import uuid
from typing import Any

USE = re.compile(r"\$\{([a-z0-9_]+)(?::(upper|hex))?\}")


class Variables:
    """What a play knows so far.

    `unique` is another word in each play, names that begin with `new_` are fresh ids, all others are captured.
    `${name:upper}` and `${name:hex}` are other spellings of an id.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"unique": f"play{uuid.uuid4().hex[:12]}"}

    def capture(self, wanted: dict[str, str], answer: dict[str, Any]) -> None:
        """Keeps the values that JSON pointers find in an answer."""
        for name, pointer in wanted.items():
            value: Any = answer
            for part in pointer.split("/")[1:]:
                value = value[int(part)] if isinstance(value, list) else value[part]
            self.values[name] = value

    def fill(self, value: Any) -> Any:
        """The value with the variables in it."""
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, str):
            if (whole := USE.fullmatch(value)) and not whole[2]:
                return self._value(whole[1])
            return USE.sub(lambda use: self._spelt(use[1], use[2]), value)
        return value

    def _spelt(self, name: str, form: str | None) -> str:
        text = str(self._value(name))
        return {"upper": text.upper(), "hex": text.replace("-", "")}.get(form or "", text)

    def _value(self, name: str) -> Any:
        if name.startswith("new_"):
            self.values.setdefault(name, str(uuid.uuid4()))
        return self.values[name]
