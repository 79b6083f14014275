// The checkpoints of a thread as a tree: branches where it was forked, lanes to draw them in, and the way from the root to one of them.

import type { CheckpointSummary } from "../api/wire.ts";

export interface TreeRow {
  checkpoint: CheckpointSummary;
  /** 0 for the newest branch, then one more for each that lies beside it. */
  lane: number;
  /** The lane of the checkpoint it comes from; null for a root. */
  parentLane: number | null;
  /** Lanes that pass by this row, from what is above it to what is below. */
  passing: number[];
  /** What came of it, oldest first. */
  children: string[];
  /** The branches that begin where this one does, itself among them, oldest first: `n` of `m` is its place there. */
  siblings: string[];
  /** Nothing came of it yet. */
  tip: boolean;
}

export interface CheckpointTree {
  /** Newest first. */
  rows: TreeRow[];
  lanes: number;
  /** How often the thread was forked. */
  forks: number;
  byId: Map<string, TreeRow>;
}

/** A checkpoint whose parent is not among them (not loaded yet, or pruned) is a root. */
export function checkpointTree(checkpoints: CheckpointSummary[], ns = ""): CheckpointTree {
  const own = [...new Map(checkpoints.filter((one) => one.ns === ns).map((one) => [one.checkpoint_id, one])).values()];
  own.sort((a, b) => order(b, a));
  const ids = new Set(own.map((one) => one.checkpoint_id));
  const parentOf = (one: CheckpointSummary): string | null => (one.parent_id !== null && ids.has(one.parent_id) ? one.parent_id : null);
  const children = new Map<string | null, string[]>();
  for (const one of own.toReversed()) {
    const parent = parentOf(one);
    const list = children.get(parent);
    if (list) list.push(one.checkpoint_id);
    else children.set(parent, [one.checkpoint_id]);
  }
  const rows = drawn(own, parentOf, children);
  const forks = [...children].filter(([parent, list]) => parent !== null && list.length > 1).reduce((sum, [, list]) => sum + list.length - 1, 0);
  return { rows, forks, lanes: Math.max(0, ...rows.map((row) => row.lane + 1)), byId: new Map(rows.map((row) => [row.checkpoint.checkpoint_id, row])) };
}

/** Ids are UUIDs whose first part is the time: they sort as they were made. */
function order(a: CheckpointSummary, b: CheckpointSummary): number {
  return a.checkpoint_id < b.checkpoint_id ? -1 : Number(a.checkpoint_id > b.checkpoint_id);
}

/** Newest first: each lane waits for the parent of what was drawn in it last, and is free again below a root. */
function drawn(newest: CheckpointSummary[], parentOf: (one: CheckpointSummary) => string | null, children: Map<string | null, string[]>): TreeRow[] {
  const waiting: (string | null)[] = [];
  const rows = newest.map((checkpoint): TreeRow => {
    const id = checkpoint.checkpoint_id;
    const parent = parentOf(checkpoint);
    let lane = waiting.indexOf(id);
    if (lane < 0) lane = free(waiting);
    // Forks of one parent end in the leftmost of their lanes.
    for (const [at, other] of waiting.entries()) if (other === id && at !== lane) waiting[at] = null;
    const passing = waiting.flatMap((other, at) => (other !== null && at !== lane ? [at] : []));
    waiting[lane] = parent;
    const siblings = (children.get(parent) ?? []).slice();
    return { checkpoint, lane, parentLane: null, passing, children: children.get(id) ?? [], siblings, tip: !children.has(id) };
  });
  const lanes = new Map(rows.map((row) => [row.checkpoint.checkpoint_id, row.lane]));
  return rows.map((row) => ({ ...row, parentLane: lanes.get(parentOf(row.checkpoint) ?? "") ?? null }));
}

function free(waiting: (string | null)[]): number {
  const at = waiting.indexOf(null);
  if (at >= 0) return at;
  waiting.push(null);
  return waiting.length - 1;
}

/** From the root to a checkpoint. */
export function pathTo(tree: CheckpointTree, checkpointId: string | null): string[] {
  const path: string[] = [];
  let row = tree.byId.get(checkpointId ?? "");
  while (row) {
    path.push(row.checkpoint.checkpoint_id);
    row = row.checkpoint.parent_id === null ? undefined : tree.byId.get(row.checkpoint.parent_id);
  }
  return path.toReversed();
}

/** The newest checkpoint that came of one: what a branch shows when it is switched to. */
export function tipOf(tree: CheckpointTree, checkpointId: string): string {
  let [tip, at]: [string, TreeRow | undefined] = [checkpointId, tree.byId.get(checkpointId)];
  while (at && at.children.length > 0) {
    tip = at.children.at(-1) ?? tip;
    at = tree.byId.get(tip);
  }
  return tip;
}

export interface BranchPlace {
  /** From 1. */
  n: number;
  of: number;
  previous: string | null;
  next: string | null;
}

/** Which of several branches a checkpoint begins, or null if there is only one. */
export function branchPlace(tree: CheckpointTree, checkpointId: string): BranchPlace | null {
  const row = tree.byId.get(checkpointId);
  if (!row || row.siblings.length < 2 || row.parentLane === null) return null;
  const at = row.siblings.indexOf(checkpointId);
  return { n: at + 1, of: row.siblings.length, previous: row.siblings[at - 1] ?? null, next: row.siblings[at + 1] ?? null };
}

/** What a row is called: the nodes that made it, or where it comes from. */
export function checkpointName(checkpoint: CheckpointSummary): string {
  const nodes = [...new Set(checkpoint.nodes)];
  if (nodes.length > 0 && checkpoint.source === "loop") {
    if (nodes.length === 1 && nodes[0] === "__start__") return "start";
    // As a rule no more than two fit, and that there were more is what matters then.
    return nodes.length > 2 ? `${nodes.length} nodes: ${nodes.join(", ")}` : nodes.join(", ");
  }
  if (checkpoint.source === "update") return checkpoint.nodes.length > 0 ? `edited as ${checkpoint.nodes.join(", ")}` : "edited";
  return { input: "input", loop: "start", fork: "fork" }[checkpoint.source];
}
