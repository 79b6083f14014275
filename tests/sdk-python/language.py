"""In which language the graphs are that the suites run in front of: `LGX_LANGUAGE`, Python if nothing is said.

The fixtures of both have the same ids and do the same. A test that is about one language says so, with the reason:
`@only_in("python", "its values are objects of Python")`. Where both tell the same thing in words of their own, `either` has them.
"""

import os
from typing import TypeVar

import pytest

LANGUAGE = os.environ.get("LGX_LANGUAGE", "python")
T = TypeVar("T")


def only_in(language: str, reason: str) -> pytest.MarkDecorator:
    """Leaves a test out in front of graphs of the other language."""
    assert language in ("python", "javascript")
    return pytest.mark.skipif(language != LANGUAGE, reason=f"of {language}: {reason}")


def either(python: T, javascript: T) -> T:
    """What is expected of the language that the graphs are in."""
    return python if LANGUAGE == "python" else javascript
