// The graph as the code declares it, with what a run does lit up on it: opened whole, by mouse or by keyboard.
import { getViewportForBounds, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type EdgeTypes, type NodeTypes, type Viewport } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { Maximize, Minus, Play, Plus } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useBreakpoints } from "../api/use-breakpoints.ts";
import { useGraph } from "../api/use-graph.ts";
import { useStored } from "../api/storage.ts";
import { collapse, subgraphsOf } from "../model/graph-collapse.ts";
import { standing } from "../model/graph-replay.ts";
import { layoutGraph, type GraphLayout } from "../model/graph-layout.ts";
import { graphState, type GraphState } from "../model/graph-status.ts";
import { steer, type Arrow } from "../model/graph-steer.ts";
import type { Drawing } from "../model/graph.ts";
import type { Step } from "../api/wire.ts";
import { useProject, useStudio } from "../studio.tsx";
import { Button } from "./button.tsx";
import { Empty } from "./empty.tsx";
import { ErrorCard } from "./error-card.tsx";
import { ArrowTips, LineEdge, type GraphEdge } from "./graph-edge.tsx";
import { edgesOf, nodesOf } from "./graph-elements.ts";
import { GraphExportMenu } from "./graph-export-menu.tsx";
import { GraphLiveProvider, type GraphActions } from "./graph-live.tsx";
import { BoxNode, FrameNode, PillNode, type GraphNode } from "./graph-node.tsx";
import { ReplayBar, useReplay } from "./graph-replay.tsx";
import { NodeDetails } from "./node-details.tsx";
import { Bar, Pane } from "./pane.tsx";
import { RequestProblem } from "./request-problem.tsx";
import "./graph-pane.css";

interface Props {
  graph: string;
  /** Null until it is known. */
  assistantId: string | null;
  /** Whose state is shown on a click on a node. */
  threadId: string | null;
  /** What the runs that are shown executed: lights up the nodes and the edges taken. */
  steps: readonly Step[];
  /** The last of these runs came to its end by itself. */
  finished?: boolean;
  /** Paths of nodes at which a breakpoint holds the run. */
  waiting?: readonly string[];
  /** What each task used, by its id. */
  tokens?: ReadonlyMap<string, number>;
  /** Told of the canvas, that something may be put over it. */
  onCanvas?: (canvas: HTMLElement | null) => void;
}

export function GraphPane({ graph, assistantId, ...shown }: Props) {
  const known = useProject().graphs.find((one) => one.id === graph);
  const drawn = useGraph(known?.loaded === false ? null : assistantId);
  if (known?.error) {
    return (
      <GraphFrame graph={graph}>
        <div className="graph-failed">
          <p>This graph did not load. Mend the code and save: it loads again by itself.</p>
          <ErrorCard diagnostic={known.error} />
        </div>
      </GraphFrame>
    );
  }
  if (drawn.error && !drawn.data) {
    return (
      <GraphFrame graph={graph}>
        <div className="graph-failed">
          <RequestProblem caught={drawn.error} what="The graph could not be drawn" onAgain={() => void drawn.refetch()} />
        </div>
      </GraphFrame>
    );
  }
  if (!drawn.data) {
    return <GraphFrame graph={graph}>{known ? null : <Empty title={`The project has no graph “${graph}”`}>Choose another one above.</Empty>}</GraphFrame>;
  }
  return (
    // Another graph begins anew: nothing of the one before is shown for a moment.
    <ReactFlowProvider key={graph}>
      <DrawnGraph graph={graph} drawing={drawn.data} {...shown} />
    </ReactFlowProvider>
  );
}

function GraphFrame({ graph, children }: { graph: string; children: React.ReactNode }) {
  return (
    <Pane label="Graph">
      <Bar title={graph} />
      <div className="graph-canvas">{children}</div>
    </Pane>
  );
}

const NODE_TYPES: NodeTypes = { start: PillNode, end: PillNode, node: BoxNode, subgraph: FrameNode };
const EDGE_TYPES: EdgeTypes = { line: LineEdge };

interface DrawnProps extends Omit<Props, "assistantId"> {
  drawing: Drawing;
}

function DrawnGraph({ graph, drawing, threadId, steps: all, finished, waiting, tokens, onCanvas }: DrawnProps) {
  const replay = useReplay(all);
  const { steps } = replay;
  const isEnd = replay.place === null || replay.place === replay.length - 1;
  const { storage } = useStudio();
  const { breakpoints, toggle: toggleBreakpoint } = useBreakpoints(graph);
  const subgraphs = useMemo(() => subgraphsOf(drawing), [drawing]);
  const [open, setOpen] = useStored<string[]>(storage, `open:${graph}`, []);
  const shown = useMemo(() => collapse(drawing, new Set(open)), [drawing, open]);
  const state = useMemo(() => {
    const now = graphState(shown, steps, { finished: finished && isEnd, waiting: isEnd ? waiting : [], tokens });
    return isEnd ? now : standing(now);
  }, [shown, steps, finished, waiting, tokens, isEnd]);
  // What is drawn stays while a run is replayed on it.
  const whole = useMemo(() => (replay.place === null ? state : graphState(shown, all)), [replay.place, state, shown, all]);
  const observed = useSame(useMemo(() => observedIn(shown, whole), [shown, whole]));
  const layout = useMemo(() => layoutGraph({ ...shown, edges: [...shown.edges, ...observed] }), [shown, observed]);
  const [details, setDetails] = useState<{ path: string; anchor: HTMLElement; opening: number } | null>(null);
  const openings = useRef(0);
  const [focused, setFocused] = useState<string | null>(null);
  const reachable = focused !== null && layout.boxes.some((box) => box.path === focused) ? focused : (layout.boxes.find((box) => box.kind === "node")?.path ?? null);
  const toggleSubgraph = useCallback(
    (path: string) => {
      const now = storage.get<string[]>(`open:${graph}`, []);
      setOpen(now.includes(path) ? now.filter((one) => one !== path) : [...now, path]);
    },
    [graph, setOpen, storage],
  );
  const showNode = useCallback((path: string, anchor: HTMLElement) => {
    openings.current += 1;
    setDetails({ path, anchor, opening: openings.current });
  }, []);
  const canvas = useRef<HTMLDivElement>(null);
  useEffect(() => {
    onCanvas?.(canvas.current);
    return () => onCanvas?.(null);
  }, [onCanvas]);
  const steerFrom = useCallback(
    (path: string, arrow: Arrow) => {
      const next = steer(layout.boxes.filter((box) => box.kind === "node"), path, arrow);
      if (next === null) return;
      setFocused(next);
      canvas.current?.querySelector<HTMLElement>(`[data-focus=${CSS.escape(next)}]`)?.focus({ preventScroll: true });
    },
    [layout],
  );
  const actions = useMemo<GraphActions>(
    () => ({ breakpoints, toggleBreakpoint, toggleSubgraph, showNode, steerFrom, reachable }),
    [breakpoints, toggleBreakpoint, toggleSubgraph, showNode, steerFrom, reachable],
  );
  const nodes = layout.boxes.filter((box) => box.kind === "node" || box.kind === "subgraph").length;
  const allOpen = subgraphs.every((path) => open.includes(path));
  return (
    <Pane label="Graph">
      <Bar
        title={graph}
        note={<span className="graph-note">{`${nodes} ${nodes === 1 ? "node" : "nodes"}`}</span>}
        actions={
          <>
            {subgraphs.length > 0 && (
              <Button kind="quiet" aria-label={allOpen ? "Collapse subgraphs" : "Expand subgraphs"} onClick={() => setOpen(allOpen ? [] : subgraphs)}>
                <span>
                  {allOpen ? "Collapse" : "Expand"}
                  <span className="graph-expand-rest"> subgraphs</span>
                </span>
              </Button>
            )}
            {replay.length > 1 && replay.place === null && (
              <Button kind="quiet" icon aria-label="Replay the run" title="Replay the run on the graph" onClick={() => replay.show(0)}>
                <Play />
              </Button>
            )}
            <Zoom layout={layout} />
            <GraphExportMenu graph={graph} drawing={shown} />
          </>
        }
      />
      <div className="graph-canvas" ref={canvas}>
        <ZoomAsStyle canvas={canvas} />
        <GraphLiveProvider state={state} actions={actions}>
          <Canvas layout={layout} subgraphs={subgraphs} declared={shown.edges.length} />
        </GraphLiveProvider>
        {details && (
          <NodeDetails
            // That a popover was closed is heard later: by then it may be open again, and that one stays.
            key={details.opening}
            graph={graph}
            path={details.path}
            anchor={details.anchor}
            threadId={threadId}
            steps={steps}
            drawing={drawing}
            finished={finished === true && isEnd}
            breakpoints={breakpoints}
            toggleBreakpoint={toggleBreakpoint}
            onClose={() => setDetails((now) => (now === details ? null : now))}
          />
        )}
      </div>
      <ReplayBar key={replay.place === null ? "off" : "on"} replay={replay} />
    </Pane>
  );
}

/** Ways that a run went though nobody declared them: drawn too, if both their ends are. */
function observedIn(drawing: Drawing, state: GraphState): Drawing["edges"] {
  const ids = new Set(drawing.nodes.map((node) => node.id));
  return state.observed.filter(({ source, target }) => ids.has(source) && ids.has(target)).map(({ source, target }) => ({ source, target, conditional: true }));
}

/** The same object as long as the value is the same, so that a graph is not laid out again for nothing. */
function useSame<T>(value: T): T {
  const [kept, keep] = useState(value);
  const same = JSON.stringify(kept) === JSON.stringify(value);
  if (!same) keep(value);
  return same ? kept : value;
}

const LEAST_ZOOM = 0.1;

/** The view that shows all of a graph, lines and labels too, and no larger than it is meant to be read. */
function wholeOf(layout: GraphLayout, width: number, height: number): Viewport {
  return getViewportForBounds({ x: 0, y: 0, width: layout.width, height: layout.height }, width, height, LEAST_ZOOM, 1.1, "24px");
}

/** Names stay legible and lines visible on a graph that is shown small: sizes there are divided by `--zoom`. */
function ZoomAsStyle({ canvas }: { canvas: RefObject<HTMLDivElement | null> }) {
  const zoom = useStore((store) => Math.round(store.transform[2] * 20) / 20);
  useEffect(() => {
    canvas.current?.style.setProperty("--zoom", String(Math.max(0.1, zoom)));
  }, [canvas, zoom]);
  return null;
}

interface CanvasProps {
  layout: GraphLayout;
  subgraphs: string[];
  /** How many of the edges the code declares; the rest was observed. */
  declared: number;
}

function Canvas({ layout, subgraphs, declared }: CanvasProps) {
  const flow = useReactFlow();
  const width = useStore((store) => store.width);
  const height = useStore((store) => store.height);
  /** The layout that somebody moved by hand: it stays as they put it. */
  const moved = useRef<GraphLayout | null>(null);
  const nodes = useMemo(() => nodesOf(layout, subgraphs), [layout, subgraphs]);
  const edges = useMemo(() => edgesOf(layout, declared), [layout, declared]);
  // A new drawing is shown whole, whatever was looked at before; in a pane of another size only if nobody moved the graph.
  useEffect(() => {
    if (width && height && moved.current !== layout) void flow.setViewport(wholeOf(layout, width, height));
  }, [flow, layout, width, height]);
  return (
    <>
      <ReactFlow<GraphNode, GraphEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onMoveStart={(event) => {
          if (event) moved.current = layout;
        }}
        minZoom={LEAST_ZOOM}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        proOptions={{ hideAttribution: true }}
      />
      <ArrowTips />
    </>
  );
}

function Zoom({ layout }: { layout: GraphLayout }) {
  const flow = useReactFlow();
  const width = useStore((store) => store.width);
  const height = useStore((store) => store.height);
  return (
    <>
      <Button kind="quiet" icon aria-label="Smaller" onClick={() => void flow.zoomOut()}>
        <Minus />
      </Button>
      <Button kind="quiet" icon aria-label="Larger" onClick={() => void flow.zoomIn()}>
        <Plus />
      </Button>
      <Button kind="quiet" icon aria-label="Fit" onClick={() => void flow.setViewport(wholeOf(layout, width, height))}>
        <Maximize />
      </Button>
    </>
  );
}
