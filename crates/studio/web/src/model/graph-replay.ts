// A run that is over, once more on its graph: the moments at which something changed, and how everything stood then.

import type { Step } from "../api/wire.ts";
import type { GraphState } from "./graph-status.ts";

/** The moments at which something began or ended, in order: the places of a slider that replays a run. */
export function moments(steps: readonly Step[]): string[] {
  return [...new Set(steps.flatMap((step) => (step.ended_at === null ? [step.started_at] : [step.started_at, step.ended_at])))].toSorted();
}

/** The steps as they stood at a moment. */
export function stepsAt(steps: readonly Step[], moment: string): Step[] {
  return steps
    .filter((step) => step.started_at <= moment)
    .map((step) => (step.ended_at !== null && step.ended_at > moment ? { ...step, ended_at: null, status: "running", error: null } : step));
}

/** Nodes that executed at that moment do not go on to count the time. */
export function standing(state: GraphState): GraphState {
  const nodes = Object.entries(state.nodes).map(([path, node]) => [path, { ...node, startedAt: null }] as const);
  return { ...state, nodes: Object.fromEntries(nodes) };
}
