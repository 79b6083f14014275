"""What the tools make of what they are given."""

from datetime import datetime, timedelta

import pytest

from simple_agent.tools import calculator, evaluate, utc_now


@pytest.mark.parametrize(
    ("expression", "value"),
    [("12 * 7", 84), ("-(2 + 3) * 4", -20), ("7 / 2", 3.5), ("7 // 2", 3), ("2 ** 10", 1024), (" 17 % 5 ", 2)],
)
def test_arithmetic_has_a_value(expression: str, value: float) -> None:
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    "expression", ["__import__('os')", "a + 1", "'a' * 9", "True + 1", "1 +", "9 ** 9 ** 9", "1" * 201]
)
def test_nothing_else_is_evaluated(expression: str) -> None:
    with pytest.raises(ValueError, match=r"arithmetic|allowed|powers|characters"):
        evaluate(expression)


def test_a_model_is_told_what_is_wrong() -> None:
    assert calculator.invoke({"expression": "1 / 0"}) == "error: division by zero"
    assert calculator.invoke({"expression": "x"}).startswith("error: only numbers")


def test_the_time_is_in_utc() -> None:
    assert datetime.fromisoformat(utc_now.invoke({})).utcoffset() == timedelta(0)
