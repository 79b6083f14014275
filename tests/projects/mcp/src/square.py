"""Takes a number, and gives one."""

from langgraph.func import entrypoint


@entrypoint()
def square(number: int) -> int:
    return number * number
