"""What the agent can do beside talking."""

import ast
import operator
from collections.abc import Callable
from datetime import datetime, timezone

from langchain_core.tools import tool

Number = int | float

OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
BIGGEST_EXPONENT = 100
LONGEST_EXPRESSION = 200


def evaluate(expression: str) -> Number:
    """The value of an expression that has nothing but numbers in it; nothing of it is executed as code."""
    if len(expression) > LONGEST_EXPRESSION:
        raise ValueError(f"an expression may have {LONGEST_EXPRESSION} characters")
    try:
        parsed = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"this is no arithmetic: {expression}") from error
    return _value(parsed.body)


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            a, b = _value(left), _value(right)
            if isinstance(op, ast.Pow) and max(abs(a), abs(b)) > BIGGEST_EXPONENT:
                raise ValueError(f"powers go up to {BIGGEST_EXPONENT}")
            return OPERATORS[type(op)](a, b)
        case _:
            raise ValueError(f"only numbers, + - * / // % ** and brackets are allowed, not {ast.unparse(node)}")


@tool
def calculator(expression: str) -> str:
    """Calculate an arithmetic expression, such as `12 * (3 + 4)`."""
    try:
        return str(evaluate(expression))
    except (ValueError, ArithmeticError) as error:
        # The model reads it and can try again; an exception would end the run.
        return f"error: {error}"


@tool
def utc_now() -> str:
    """Tell the date and time now, in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
