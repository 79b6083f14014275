// What a graph is, as the API draws it, and what of it the page shows.

import type { Json } from "../api/wire.ts";

/** The answer of `GET /assistants/{id}/graph`. */
export interface Drawing {
  nodes: { id: string; type: string; data?: Json; metadata?: Json }[];
  edges: { source: string; target: string; data?: string | null; conditional?: boolean }[];
}

/** One colour each, the same everywhere. */
export type NodeStatus = "idle" | "running" | "waiting" | "done" | "failed";

/** How a node stands in the run that is shown; keyed by its path in the drawing: `model`, `child:inner`. */
export interface NodeState {
  status: NodeStatus;
  /** How often it was entered. */
  count: number;
  /** How many of its tasks execute at this moment (`Send`). */
  running: number;
  startedAt: string | null;
  /** Sum over its tasks that ended. */
  tookMs: number;
  tokens: number | null;
  error: string | null;
}
