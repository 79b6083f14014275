// The nodes of a graph: boxes with what they did, pills for start and end, frames around open subgraphs.
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { ChevronsDownUp, ChevronsUpDown, Split, Wrench } from "lucide-react";
import { memo, useEffect, useState, type KeyboardEvent } from "react";
import type { BreakpointSide } from "../api/use-breakpoints.ts";
import type { Box } from "../model/graph-layout.ts";
import type { Arrow } from "../model/graph-steer.ts";
import type { NodeState } from "../model/graph.ts";
import { count, duration } from "../model/format.ts";
import { useGraphActions, useNodeState, type GraphActions } from "./graph-live.tsx";
import "./graph-node.css";

export interface BoxData extends Record<string, unknown> {
  box: Box;
  /** A subgraph that is shut. */
  shut: boolean;
}

export type GraphNode = Node<BoxData>;

/** Lines are drawn by the layout; the library only wants to know that there are ends. */
function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className="graph-end" />
      <Handle type="source" position={Position.Bottom} isConnectable={false} className="graph-end" />
    </>
  );
}

export const PillNode = memo(function PillNode({ data }: NodeProps<GraphNode>) {
  const { box } = data;
  return (
    <div className="graph-pill" data-node={box.path}>
      {box.kind === "start" ? "start" : "end"}
      <Ends />
    </div>
  );
});

export const FrameNode = memo(function FrameNode({ data }: NodeProps<GraphNode>) {
  const { box } = data;
  const state = useNodeState(box.path);
  const { toggleSubgraph } = useGraphActions();
  return (
    <div className="graph-frame" data-node={box.path} data-status={state.status}>
      <div className="graph-frame-head">
        <span className="graph-frame-name">{box.name}</span>
        <span className="graph-frame-note">{words(state)}</span>
        <button
          type="button"
          className="graph-fold nodrag"
          aria-label={`Collapse ${box.name}`}
          title="Collapse"
          onClick={() => toggleSubgraph(box.path)}
        >
          <ChevronsDownUp aria-hidden="true" />
        </button>
      </div>
      <Ends />
    </div>
  );
});

export const BoxNode = memo(function BoxNode({ data }: NodeProps<GraphNode>) {
  const { box, shut } = data;
  const state = useNodeState(box.path);
  const actions = useGraphActions();
  const { showNode, toggleSubgraph, reachable } = actions;
  const top = box.parent === null;
  return (
    <div className="graph-box" data-node={box.path} data-status={state.status}>
      <button
        type="button"
        className="graph-body nodrag"
        title={box.name}
        data-focus={box.path}
        tabIndex={reachable === box.path ? 0 : -1}
        onClick={(event) => showNode(box.path, event.currentTarget)}
        onKeyDown={(event) => onKey(event, data, actions)}
      >
        <span className="graph-name">
          {box.tools.length > 0 && <Wrench aria-hidden="true" />}
          <span>{box.name}</span>
        </span>
        <span className="graph-sub">
          <span className="graph-words">{state.status === "running" ? <Running state={state} /> : words(state)}</span>
          {state.count > 0 && <span>×{state.count}</span>}
          {SAID[state.status] !== "" && <span className="visually-hidden">{SAID[state.status]}</span>}
        </span>
      </button>
      {box.undeclaredRoutes && (
        <span className="graph-mark" title="Where it goes on to is not declared, so the graph cannot draw it. Annotate the router's return type with Literal[…], or give add_conditional_edges a path_map.">
          <Split aria-label="Routes are not declared" />
        </span>
      )}
      {shut && (
        <button
          type="button"
          className="graph-fold graph-fold-box nodrag"
          aria-label={`Expand ${box.name}`}
          title="Expand the subgraph"
          onClick={() => toggleSubgraph(box.path)}
        >
          <ChevronsUpDown aria-hidden="true" />
        </button>
      )}
      {top && <BreakpointDot box={box} side="before" />}
      {top && <BreakpointDot box={box} side="after" />}
      <Ends />
    </div>
  );
});

/** Arrow keys go from node to node, `b` and `a` set breakpoints before and after, `e` expands. */
function onKey(event: KeyboardEvent, { box, shut }: BoxData, actions: GraphActions): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isArrow(event.key)) {
    event.preventDefault();
    actions.steerFrom(box.path, event.key);
  } else if ((event.key === "b" || event.key === "a") && box.parent === null) {
    actions.toggleBreakpoint(box.name, event.key === "b" ? "before" : "after");
  } else if (event.key === "e" && shut) {
    actions.toggleSubgraph(box.path);
  }
}

const isArrow = (key: string): key is Arrow => /^Arrow(Up|Down|Left|Right)$/.test(key);

function BreakpointDot({ box, side }: { box: Box; side: BreakpointSide }) {
  const { breakpoints, toggleBreakpoint } = useGraphActions();
  const inCode = box.interrupt?.includes(side) ?? false;
  const on = breakpoints[side].includes(box.name);
  return (
    <button
      type="button"
      className={`graph-break graph-break-${side} ${inCode ? "graph-break-code" : ""} nodrag`}
      aria-pressed={on}
      aria-label={`Break ${side} ${box.name}`}
      title={inCode ? `The code stops ${side} ${box.name}` : `${on ? "Do not stop" : "Stop"} ${side} ${box.name}`}
      tabIndex={-1}
      onClick={() => toggleBreakpoint(box.name, side)}
    />
  );
}

/** Counts while the node executes; nothing else on the graph moves by itself. */
function Running({ state }: { state: NodeState }) {
  const [now, setNow] = useState(Date.now);
  const counts = state.startedAt !== null;
  useEffect(() => {
    if (!counts) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, [counts]);
  return (
    <>
      {state.running > 1 ? `${state.running} running · ` : ""}
      {state.startedAt === null ? "running" : duration(Math.max(0, now - Date.parse(state.startedAt)))}
      {tokens(state)}
    </>
  );
}

function words(state: NodeState): string {
  switch (state.status) {
    case "idle":
      return "";
    case "running":
      return state.running > 1 ? `${state.running} running` : "running";
    case "waiting":
      return "waits for you";
    case "failed":
      return state.error ?? "failed";
    case "done":
      return duration(state.tookMs) + tokens(state);
  }
}

const tokens = (state: NodeState): string => (state.tokens === null ? "" : ` · ${count(state.tokens)} tok`);

/** What only the colour tells, for those who do not see it. */
const SAID: Record<NodeState["status"], string> = { idle: "", running: "running", waiting: "", failed: "failed", done: "done" };
