// What changes on the graph while a run goes on, apart from what is drawn: a node renders again only when its own state is another.
import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { IDLE, type GraphState } from "../model/graph-status.ts";
import type { NodeState } from "../model/graph.ts";
import type { Arrow } from "../model/graph-steer.ts";
import type { BreakpointSide, Breakpoints } from "../api/use-breakpoints.ts";

/** Tells nodes and edges of their state. */
class GraphLive {
  #state: GraphState;
  readonly #listeners = new Set<() => void>();

  constructor(state: GraphState) {
    this.#state = state;
  }

  set(state: GraphState): void {
    const before = this.#state.nodes;
    // A node whose state is equal keeps its object, and is not rendered.
    const nodes = Object.fromEntries(Object.entries(state.nodes).map(([path, now]) => [path, kept(before[path], now)]));
    this.#state = { ...state, nodes };
    for (const listener of this.#listeners) listener();
  }

  node = (path: string): NodeState => this.#state.nodes[path] ?? IDLE;
  taken = (edge: number): boolean => (this.#state.taken[edge] ?? 0) > 0;

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

const LiveContext = createContext<GraphLive>(new GraphLive({ nodes: {}, taken: {}, observed: [] }));
const ActionsContext = createContext<GraphActions | null>(null);

interface Props {
  state: GraphState;
  actions: GraphActions;
  children: ReactNode;
}

export function GraphLiveProvider({ state, actions, children }: Props) {
  const [live] = useState(() => new GraphLive(state));
  useEffect(() => live.set(state), [live, state]);
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

export function useTaken(edge: number): boolean {
  const live = useContext(LiveContext);
  return useSyncExternalStore(live.subscribe, () => live.taken(edge));
}

export function useGraphActions(): GraphActions {
  const actions = useContext(ActionsContext);
  if (!actions) throw new Error("useGraphActions is used outside of a graph");
  return actions;
}
