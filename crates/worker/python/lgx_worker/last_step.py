"""What the last step of a run has written, for the stream of a run that goes on when nothing is left to do.

langgraph streams what the last step of a graph wrote once that is saved, not before. A death in between leaves a run whose
state is whole and whose stream lacks that step, and nobody who executes the run again would come by it. So whoever goes on with
a run tells of its last step. That the clients of such a run may have seen it already holds for every step that is executed
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.pregel import Pregel


async def last_step(graph: Pregel, config: RunnableConfig, run_id: str) -> list[dict[str, Any]]:
    """The updates that the run's last step made, as langgraph tells those that it does not make anew. Nothing if one is left."""
    now = await graph.aget_state(config)
    if now.tasks or now.parent_config is None or (now.metadata or {}).get("run_id") != run_id:
        return []
    before = await graph.aget_state(now.parent_config)
    return [{task.name: task.result, "__metadata__": {"cached": True}} for task in before.tasks]
