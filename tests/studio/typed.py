"""Says of each key of its state what it is for, as schemas of careful projects do."""

from typing import Literal

from langgraph.graph import START, StateGraph
from pydantic import BaseModel, Field


class Address(BaseModel):
    street: str
    number: int = Field(1, description="Of the house")


class State(BaseModel):
    name: str = Field(description="Who ordered")
    amount: int = Field(3, description="How many are wanted")
    price: float = 9.5
    express: bool = Field(False, description="Whether it is urgent")
    kind: Literal["book", "film"] = Field("book", description="What is ordered")
    note: str | None = None
    tags: list[str] = Field(default_factory=list)
    address: Address | None = None


def order(state: State) -> dict[str, str]:
    return {"note": f"{state.amount} for {state.name}"}


graph = StateGraph(State).add_node(order).add_edge(START, "order").compile(name="typed")
