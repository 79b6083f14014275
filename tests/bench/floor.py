"""What the benchmark's graphs take in one Python process, with no server at all; run in the project by its interpreter."""

import asyncio
import importlib
import json
import statistics
import sys
import time
from typing import Any

WARM_UP = 20
REPEATS = 200


async def measured(graphs: Any) -> dict[str, float]:
    """Milliseconds of a run of each graph, and tokens a second."""
    from langgraph.checkpoint.memory import InMemorySaver

    found = {}
    for name, given in (("echo", {"messages": [{"role": "user", "content": "hi"}]}), ("steps", {"seen": []})):
        graph = getattr(graphs, name).copy()
        graph.checkpointer = InMemorySaver()
        times = []
        for number in range(WARM_UP + REPEATS):
            begun = time.perf_counter()
            await graph.ainvoke(given, {"configurable": {"thread_id": str(number)}})
            times.append(time.perf_counter() - begun)
        found[name] = statistics.median(times[WARM_UP:]) * 1e3
    begun = time.perf_counter()
    stream = graphs.tokens.astream({"messages": [("user", "hi")]}, stream_mode="messages")
    count = len([token async for token in stream])
    return {**found, "tokens": count / (time.perf_counter() - begun)}


def main() -> None:
    """Prints the figures as JSON."""
    begun = time.perf_counter()
    sys.path.insert(0, "src")
    graphs = importlib.import_module("graphs")
    imported = time.perf_counter() - begun
    print(json.dumps({"import": imported, **asyncio.run(measured(graphs))}))


if __name__ == "__main__":
    main()
