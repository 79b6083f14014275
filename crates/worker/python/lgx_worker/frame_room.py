"""A function that leaves what it calls room for its frames.

Since Python 3.11 the frames of a thread lie in chunks of 16 kB. A call whose frame does not fit gets another chunk from the
system, which is given back when it returns. A loop that calls right at the end of a chunk does that each time: every call of
it costs two system calls, and the faults of fresh pages. How deep the end lies is chance. It met pydantic, which makes its
models while langgraph is imported: up to a tenth of that time. A frame that is larger than a chunk gets one that is as large
as it needs, rounded up to a power of two, and what is left of that is for the frames of what it calls.
"""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TypeVar, cast

_Function = TypeVar("_Function")
_SLOTS = 33_000
"""A little more than half of 512 kB, of which no page is touched. The other half is room for about a thousand frames."""


def with_room(function: _Function) -> _Function:
    """The function, with a frame so large that all it calls has room behind it."""
    if sys.version_info >= (3, 11):
        python = cast("FunctionType", function)
        python.__code__ = python.__code__.replace(co_stacksize=_SLOTS)
    return function
