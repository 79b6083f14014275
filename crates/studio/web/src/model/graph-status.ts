// How the nodes of a graph stand, and which of its edges were taken: read from the steps of runs, so it is the same for a run that is watched and one of last week.

import type { Step } from "../api/wire.ts";
import type { Drawing, NodeState } from "./graph.ts";
import { levelsOf, type Level, type Lifted } from "./graph-levels.ts";
import { nameOf, pathOfNamespace, pathOfTask } from "./graph-paths.ts";

export interface GraphState {
  /** By path; nodes that were never entered are not in it. */
  nodes: Record<string, NodeState>;
  /** How often each edge was taken, by the index it has in the drawing (and in the edges of the layout). */
  taken: Record<number, number>;
  /** Where a node went on to without an edge of the drawing that says so. */
  observed: ObservedEdge[];
}

export interface ObservedEdge {
  source: string;
  target: string;
  count: number;
}

export interface StatusOptions {
  /** The run came to its end by itself, so that the last nodes went on to the end. */
  finished?: boolean;
  /** Paths of nodes before or behind which a breakpoint holds the run. */
  waiting?: readonly string[];
  /** What each task used, by its id. */
  tokens?: ReadonlyMap<string, number>;
}

export const IDLE: NodeState = { status: "idle", count: 0, running: 0, startedAt: null, tookMs: 0, tokens: null, error: null };

/** Steps of one run, or of the runs of a thread one after the other. */
export function graphState(drawing: Drawing, steps: readonly Step[], options: StatusOptions = {}): GraphState {
  const ordered = steps.toSorted((a, b) => (a.started_at < b.started_at ? -1 : Number(a.started_at > b.started_at)));
  const nodes = nodeStates(ordered, options);
  const edges = takenEdges(drawing, ordered, options.finished === true, nodes);
  return { nodes, ...edges };
}

function nodeStates(steps: readonly Step[], options: StatusOptions): Record<string, NodeState> {
  const nodes: Record<string, NodeState> = {};
  const entered = new Map<string, Set<string>>();
  for (const step of steps) {
    const path = pathOfTask(step.ns, step.node);
    const tasks = entered.get(path) ?? new Set<string>();
    entered.set(path, tasks.add(step.task_id));
    nodes[path] = after(nodes[path] ?? IDLE, step, tasks.size, options.tokens);
  }
  for (const path of options.waiting ?? []) {
    const known = nodes[path] ?? IDLE;
    // What raised is next too, once its run is over: it failed, nobody holds it.
    if (known.running === 0 && known.status !== "failed") nodes[path] = { ...known, status: "waiting" };
  }
  return nodes;
}

/** A node after one more of its tasks; one that is executed again after an answer is entered once. */
function after(state: NodeState, step: Step, count: number, tokens: StatusOptions["tokens"]): NodeState {
  const running = state.running + Number(step.status === "running");
  const took = step.ended_at === null ? 0 : Math.max(0, Date.parse(step.ended_at) - Date.parse(step.started_at));
  const used = tokens?.get(step.task_id);
  return {
    status: running > 0 ? "running" : together(state.status, step),
    count,
    running,
    startedAt: step.started_at,
    tookMs: state.tookMs + (Number.isNaN(took) ? 0 : took),
    tokens: used === undefined ? state.tokens : (state.tokens ?? 0) + used,
    error: step.status === "error" ? step.error : null,
  };
}

function together(before: NodeState["status"], step: Step): NodeState["status"] {
  switch (step.status) {
    case "running":
      return "running";
    case "success":
      return "done";
    case "error":
      return "failed";
    case "interrupted":
      return "waiting";
    case "cancelled":
      return before === "running" ? "idle" : before;
  }
}

interface Group {
  step: number;
  nodes: Set<string>;
}

/** What ran in one graph, step by step: each start of a subgraph is one of its own. */
function groupsOf(steps: readonly Step[]): Map<string, Group[]> {
  const byNamespace = new Map<string, Map<number, Group>>();
  for (const step of steps) {
    const groups = byNamespace.get(step.ns) ?? new Map<number, Group>();
    byNamespace.set(step.ns, groups);
    const group = groups.get(step.step) ?? { step: step.step, nodes: new Set<string>() };
    groups.set(step.step, group);
    group.nodes.add(pathOfTask(step.ns, step.node));
  }
  return new Map([...byNamespace].map(([ns, groups]) => [ns, [...groups.values()].toSorted((a, b) => a.step - b.step)]));
}

function takenEdges(drawing: Drawing, steps: readonly Step[], finished: boolean, nodes: Record<string, NodeState>): Pick<GraphState, "taken" | "observed"> {
  const levels = new Map(levelsOf(drawing).map((level) => [level.path, level]));
  const walk = new Walk(drawing, nodes);
  for (const [ns, groups] of groupsOf(steps)) {
    const level = levels.get(pathOfNamespace(ns));
    const container = ns.split("|").at(-1) ?? "";
    const ended = ns === "" ? finished : steps.some((step) => `${step.node}:${step.task_id}` === container && step.status === "success");
    if (level) walk.graph(level, groups, ended);
  }
  return { taken: walk.taken, observed: [...walk.observed.values()] };
}

/** Goes through what ran in a graph, and notes the edges between one step and the next. */
class Walk {
  readonly taken: Record<number, number> = {};
  readonly observed = new Map<string, ObservedEdge>();
  private readonly drawing: Drawing;
  private readonly nodes: Record<string, NodeState>;

  constructor(drawing: Drawing, nodes: Record<string, NodeState>) {
    this.drawing = drawing;
    this.nodes = nodes;
  }

  graph(level: Level, groups: Group[], ended: boolean): void {
    const edges = level.edges.filter((edge) => edge.part === "across");
    const start = level.children.find((path) => nameOf(path) === "__start__") ?? "";
    const end = level.children.find((path) => nameOf(path) === "__end__") ?? "";
    groups.forEach((group, at) => {
      const before = groups[at - 1];
      // After a gap it was an input, or a state that a client wrote, which came before.
      const sources = before && before.step === group.step - 1 ? before.nodes : new Set([start]);
      for (const node of group.nodes) this.entered(edges, groups.slice(0, at), sources, node, start);
      this.left(edges, group, groups[at + 1], end, ended);
    });
  }

  private entered(edges: Lifted[], earlier: Group[], sources: Set<string>, node: string, start: string): void {
    const from = edges.filter((edge) => edge.to === node && sources.has(edge.from) && this.ranWithin(edge));
    const waited = edges.filter((edge) => edge.to === node && !sources.has(edge.from) && edge.from !== start && this.waitedFor(edge, earlier, node));
    for (const edge of [...from, ...waited]) this.taken[edge.index] = (this.taken[edge.index] ?? 0) + 1;
    const [only] = sources;
    if (from.length > 0 || waited.length > 0 || sources.size !== 1 || only === undefined || only === start) return;
    const id = `${only}->${node}`;
    const known = this.observed.get(id) ?? { source: only, target: node, count: 0 };
    this.observed.set(id, { ...known, count: known.count + 1 });
  }

  /** Of an edge that begins or ends within a subgraph: whether what it joins there ran at all. */
  private ranWithin(edge: Lifted): boolean {
    const drawn = this.drawing.edges[edge.index];
    const ran = (path: string, lifted: string): boolean => path === lifted || nameOf(path).startsWith("__") || (this.nodes[path]?.count ?? 0) > 0;
    return drawn !== undefined && ran(drawn.source, edge.from) && ran(drawn.target, edge.to);
  }

  /** A node that waits for several is entered from each, when the last of them is done. */
  private waitedFor(edge: Lifted, earlier: Group[], node: string): boolean {
    if (this.drawing.edges[edge.index]?.conditional) return false;
    for (const group of earlier.toReversed()) {
      if (group.nodes.has(edge.from)) return !this.wentOn(edge, group, earlier);
      if (group.nodes.has(node)) return false;
    }
    return false;
  }

  /** Whether that source has brought the node to run already. */
  private wentOn(edge: Lifted, group: Group, earlier: Group[]): boolean {
    return earlier.some((later) => later.step === group.step + 1 && later.nodes.has(edge.to));
  }

  private left(edges: Lifted[], group: Group, next: Group | undefined, end: string, ended: boolean): void {
    if (!next && !ended) return;
    for (const node of group.nodes) {
      const goesOn = edges.some((edge) => edge.from === node && next?.step === group.step + 1 && next.nodes.has(edge.to));
      const out = goesOn ? undefined : edges.find((edge) => edge.from === node && edge.to === end);
      if (out) this.taken[out.index] = (this.taken[out.index] ?? 0) + 1;
    }
  }
}
