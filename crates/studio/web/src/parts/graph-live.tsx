// What changes on the graph while a run goes on, apart from what is drawn: a node renders again only when its own state is another.
import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import type { NodeState } from "../model/graph.ts";
import type { Arrow } from "../model/graph-steer.ts";
import type { BreakpointSide, Breakpoints } from "../api/use-breakpoints.ts";

/** How the nodes stand, by path, and which edges (`source->target`) were taken. */
export interface GraphStates {
  nodes: ReadonlyMap<string, NodeState>;
  taken: ReadonlySet<string>;
}

export const NO_STATES: GraphStates = { nodes: new Map(), taken: new Set() };

const IDLE: NodeState = { status: "idle", count: 0, running: 0, startedAt: null, tookMs: 0, tokens: null, error: null };

/** Tells nodes and edges of their state. */
class GraphLive {
  #states: GraphStates;
  readonly #listeners = new Set<() => void>();

  constructor(states: GraphStates) {
    this.#states = states;
  }

  set(states: GraphStates): void {
    const before = this.#states.nodes;
    // A node whose state is equal keeps its object, and is not rendered.
    const nodes = new Map([...states.nodes].map(([path, state]) => [path, kept(before.get(path), state)]));
    this.#states = { nodes, taken: states.taken };
    for (const listener of this.#listeners) listener();
  }

  node = (path: string): NodeState => this.#states.nodes.get(path) ?? IDLE;
  taken = (edge: string): boolean => this.#states.taken.has(edge);

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

function kept(before: NodeState | undefined, now: NodeState): NodeState {
  if (!before) return now;
  const same = (Object.keys(now) as (keyof NodeState)[]).every((key) => before[key] === now[key]);
  return same ? before : now;
}

/** What nodes can do and know besides their own state. */
export interface GraphActions {
  breakpoints: Breakpoints;
  toggleBreakpoint: (node: string, side: BreakpointSide) => void;
  toggleSubgraph: (path: string) => void;
  showNode: (path: string, at: HTMLElement) => void;
  /** An arrow key on a node: the next one that way has the focus. */
  steerFrom: (path: string, arrow: Arrow) => void;
  /** The node that Tab reaches; arrow keys make it another. */
  reachable: string | null;
}

const LiveContext = createContext<GraphLive>(new GraphLive(NO_STATES));
const ActionsContext = createContext<GraphActions | null>(null);

interface Props {
  states: GraphStates;
  actions: GraphActions;
  children: ReactNode;
}

export function GraphLiveProvider({ states, actions, children }: Props) {
  const [live] = useState(() => new GraphLive(states));
  useEffect(() => live.set(states), [live, states]);
  return (
    <LiveContext value={live}>
      <ActionsContext value={actions}>{children}</ActionsContext>
    </LiveContext>
  );
}

export function useNodeState(path: string): NodeState {
  const live = useContext(LiveContext);
  return useSyncExternalStore(live.subscribe, () => live.node(path));
}

export function useTaken(edge: string): boolean {
  const live = useContext(LiveContext);
  return useSyncExternalStore(live.subscribe, () => live.taken(edge));
}

export function useGraphActions(): GraphActions {
  const actions = useContext(ActionsContext);
  if (!actions) throw new Error("useGraphActions is used outside of a graph");
  return actions;
}
