// Where the boxes and lines of a graph lie: a pure function of its drawing. Subgraphs are laid out first, and are one box each in what is around them.

import { Graph, layout as runDagre } from "@dagrejs/dagre";
import { attach, type LineEnd } from "./graph-attach.ts";
import type { Drawing } from "./graph.ts";
import { isBackward, levelsOf, type Level, type Lifted } from "./graph-levels.ts";
import { nameOf, parentPath } from "./graph-paths.ts";
import { isObject, listAt } from "./json.ts";

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** A node, or the frame around the nodes of a subgraph. `x` and `y` are its upper left corner in the whole graph. */
export interface Box extends Point, Size {
  /** As in the drawing: `model`, `child:inner`; of a frame `child`. */
  path: string;
  name: string;
  kind: "start" | "end" | "node" | "subgraph";
  /** The frame around it. */
  parent: string | null;
  /** Of a node that calls tools: their names. */
  tools: string[];
  /** It can go on to every node, as its routes are not declared. */
  undeclaredRoutes: boolean;
  /** Breakpoints that the code sets at compile time. */
  interrupt: "before" | "after" | "before,after" | null;
}

export interface EdgeLine {
  /** `source->target`, and a number if there are several. */
  id: string;
  source: string;
  target: string;
  conditional: boolean;
  label: string | null;
  /** The middle of the label. */
  labelAt: Point | null;
  /** From the source's border to the target's. */
  points: Point[];
  /** One of those that are drawn because nobody declared where the node goes. */
  undeclared: boolean;
  /** It leads back to what ran before. */
  backward: boolean;
}

export interface GraphLayout extends Size {
  /** Frames before what they hold. */
  boxes: Box[];
  edges: EdgeLine[];
}

const NODE_HEIGHT = 56;
const PILL: Size = { width: 84, height: 32 };
const PADDING = 16;
const TITLE = 28;
const LABEL_HEIGHT = 18;

/** The size of a node whose name is all of it that varies. */
export function nodeSize(path: string): Size {
  const name = nameOf(path);
  if (name === "__start__" || name === "__end__") return PILL;
  return { width: Math.min(280, Math.max(152, Math.ceil(name.length * 8.4) + 40)), height: NODE_HEIGHT };
}

interface Placed {
  size: Size;
  /** Corners within the frame. */
  at: Map<string, Point>;
  /** Lines of the frame's own level, within the frame. */
  lines: Map<string, { points: Point[]; labelAt: Point | null }>;
}

export function layoutGraph(drawing: Drawing, sizeOf: (path: string) => Size = nodeSize): GraphLayout {
  const levels = levelsOf(drawing);
  const placed = new Map<string, Placed>();
  for (const level of levels.toReversed()) placed.set(level.path, placeLevel(level, placed, sizeOf));
  return assemble(drawing, levels, placed, sizeOf);
}

/** Dagre over one frame: what it holds, and a point for each line that goes through its border. */
function placeLevel(level: Level, placed: Map<string, Placed>, sizeOf: (path: string) => Size): Placed {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 36, edgesep: 24, ranksep: 44, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const child of level.children) graph.setNode(child, { ...(placed.get(child)?.size ?? sizeOf(child)) });
  for (const port of level.ports) graph.setNode(port.id, { width: 1, height: 1 });
  for (const edge of level.edges) {
    const [from, to] = edge.backward && edge.from !== edge.to ? [edge.to, edge.from] : [edge.from, edge.to];
    const width = edge.label ? edge.label.length * 6.6 + 12 : 0;
    graph.setEdge(from, to, { width, height: edge.label ? LABEL_HEIGHT : 0, labelpos: "c", weight: edge.undeclared ? 0 : 1 }, edge.id);
  }
  runDagre(graph);
  attachLines(level, graph);
  return framed(level, graph);
}

/** Dagre aims at the middles of boxes, and lines to far neighbours would leave at the sides. */
function attachLines(level: Level, graph: Graph): void {
  const boxes = new Set(level.children);
  const ends = level.edges.flatMap((edge): LineEnd[] => {
    if (edge.from === edge.to) return [];
    const [from, to] = edge.backward ? [edge.to, edge.from] : [edge.from, edge.to];
    const points = graph.edge(from, to, edge.id).points ?? [];
    return [
      { path: from, at: 0, beside: 1 },
      { path: to, at: points.length - 1, beside: points.length - 2 },
    ].flatMap(({ path, at, beside }): LineEnd[] => {
      const [node, next] = [graph.node(path), points[beside]];
      if (!boxes.has(path) || !next || node.x === undefined || node.y === undefined) return [];
      const put = (point: Point): void => void (points[at] = point);
      return [{ box: { path, x: node.x, y: node.y, width: node.width, height: node.height }, next, put }];
    });
  });
  attach(ends);
}

/** Dagre's answer with room for the frame's title and border, and ports drawn to the border. */
function framed(level: Level, graph: Graph): Placed {
  const inset = level.path === "" ? { x: 0, y: 0 } : { x: PADDING, y: PADDING + TITLE };
  const ports = new Set(level.ports.map((port) => port.id));
  const ink = bounds(level, graph);
  const move = (point: Point): Point => ({ x: point.x - ink.x + inset.x, y: point.y - ink.y + inset.y });
  const size = { width: ink.width + 2 * inset.x, height: ink.height + (level.path === "" ? 0 : 2 * PADDING + TITLE) };
  const at = new Map<string, Point>();
  for (const id of graph.nodes()) {
    const node = graph.node(id);
    const corner = move({ x: (node.x ?? 0) - node.width / 2, y: (node.y ?? 0) - node.height / 2 });
    const port = level.ports.find((one) => one.id === id);
    at.set(id, port ? { x: corner.x + 0.5, y: port.side === "top" ? 0 : size.height } : corner);
  }
  const lines = new Map<string, { points: Point[]; labelAt: Point | null }>();
  for (const edge of level.edges) {
    const turned = edge.backward && edge.from !== edge.to;
    const found = graph.edge(turned ? edge.to : edge.from, turned ? edge.from : edge.to, edge.id);
    const points = edge.from === edge.to ? selfLoop(graph, edge.from, found.points ?? []).map(move) : (found.points ?? []).map(move);
    if (turned) points.reverse();
    if (edge.part !== "across") for (const point of points) point.y = Math.min(size.height, Math.max(0, point.y));
    if (ports.has(edge.from)) points[0] = at.get(edge.from) ?? { x: 0, y: 0 };
    if (ports.has(edge.to)) points[points.length - 1] = at.get(edge.to) ?? { x: 0, y: 0 };
    const labelAt = edge.label && found.x !== undefined && found.y !== undefined ? move({ x: found.x, y: found.y }) : null;
    lines.set(edge.id, { points, labelAt });
  }
  return { size, at, lines };
}

/** Dagre keeps room for a line to its own box, but begins it in the box: here it goes from the right border to the right border. */
function selfLoop(graph: Graph, path: string, room: Point[]): Point[] {
  const box = graph.node(path);
  const [right, middle, part] = [(box.x ?? 0) + box.width / 2, box.y ?? 0, box.height / 5];
  const far = Math.max(right + 24, ...room.map(({ x }) => x));
  const above = middle - part;
  const below = middle + part;
  return [{ x: right, y: above }, { x: far, y: above - 4 }, { x: far, y: below + 4 }, { x: right, y: below }];
}

/** All that is drawn of a level: its boxes, and lines and labels that reach beyond them; lines through the border end there, wherever it is. */
function bounds(level: Level, graph: Graph): Point & Size {
  const xs: number[] = [];
  const ys: number[] = [];
  const add = (x: number, y: number, width = 0, height = 0): void => {
    xs.push(x - width / 2, x + width / 2);
    ys.push(y - height / 2, y + height / 2);
  };
  for (const child of level.children) {
    const node = graph.node(child);
    add(node.x ?? 0, node.y ?? 0, node.width, node.height);
  }
  const ports = new Set(level.ports.map((port) => port.id));
  for (const edge of graph.edges()) {
    if (ports.has(edge.v) || ports.has(edge.w)) continue;
    const label = graph.edge(edge);
    const points = edge.v === edge.w ? selfLoop(graph, edge.v, label.points ?? []) : (label.points ?? []);
    for (const point of points) if (!Number.isNaN(point.x)) add(point.x, point.y);
    if (label.width && label.x !== undefined && label.y !== undefined) add(label.x, label.y, label.width, label.height);
  }
  if (xs.length === 0) return { x: 0, y: 0, width: PILL.width, height: PILL.height };
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

function assemble(drawing: Drawing, levels: Level[], placed: Map<string, Placed>, sizeOf: (path: string) => Size): GraphLayout {
  const root = placed.get("");
  const origins = new Map<string, Point>([["", { x: 0, y: 0 }]]);
  const boxes: Box[] = [];
  for (const level of levels) {
    const here = placed.get(level.path);
    const origin = origins.get(level.path) ?? { x: 0, y: 0 };
    for (const child of level.children) {
      const within = here?.at.get(child) ?? { x: 0, y: 0 };
      const corner = { x: within.x + origin.x, y: within.y + origin.y };
      const inner = placed.get(child);
      if (inner) origins.set(child, corner);
      boxes.push({ ...describe(drawing, child, inner !== undefined, level), ...corner, ...(inner?.size ?? sizeOf(child)) });
    }
  }
  const edges = drawing.edges.map((edge, index) => joined(edge, index, levels, placed, origins));
  return { boxes, edges: withIds(edges), ...(root?.size ?? PILL) };
}

function describe(drawing: Drawing, path: string, frame: boolean, level: Level): Omit<Box, "x" | "y" | "width" | "height"> {
  const node = drawing.nodes.find((one) => one.id === path);
  const name = nameOf(path);
  const interrupt = isObject(node?.metadata) ? node.metadata.__interrupt : null;
  const kind = frame ? "subgraph" : name === "__start__" ? "start" : name === "__end__" ? "end" : "node";
  return {
    path,
    name,
    kind,
    parent: parentPath(path),
    tools: listAt(node?.metadata, "__tools").filter((tool) => typeof tool === "string"),
    undeclaredRoutes: level.undeclared.has(path),
    interrupt: interrupt === "before" || interrupt === "after" || interrupt === "before,after" ? interrupt : null,
  };
}

/** An edge's pieces, from the innermost frame of its source out and into that of its target, as one line. */
function joined(edge: Drawing["edges"][number], index: number, levels: Level[], placed: Map<string, Placed>, origins: Map<string, Point>): EdgeLine {
  const pieces: { piece: Lifted; level: Level }[] = [];
  for (const level of levels) {
    for (const piece of level.edges) if (piece.index === index) pieces.push({ piece, level });
  }
  const order = { out: 0, across: 1, in: 2 };
  // Frames come from the outside in: the way out is walked the other way round.
  pieces.sort((a, b) => order[a.piece.part] - order[b.piece.part] || (a.piece.part === "out" ? b.level.depth - a.level.depth : a.level.depth - b.level.depth));
  const points: Point[] = [];
  let labelAt: Point | null = null;
  for (const { piece, level } of pieces) {
    const line = placed.get(level.path)?.lines.get(piece.id);
    const origin = origins.get(level.path) ?? { x: 0, y: 0 };
    const moved = (line?.points ?? []).map((point) => ({ x: point.x + origin.x, y: point.y + origin.y }));
    if (line?.labelAt) labelAt = { x: line.labelAt.x + origin.x, y: line.labelAt.y + origin.y };
    // Where two pieces meet, the port decides: dagre aims at the middle of the box.
    if (piece.part === "across" && points.length > 0) moved.shift();
    if (piece.part === "in" && points.length > 0) points.pop();
    if (piece.part === "out" && points.length > 0) moved.shift();
    points.push(...moved);
  }
  return {
    id: `${edge.source}->${edge.target}`,
    source: edge.source,
    target: edge.target,
    conditional: edge.conditional === true,
    label: labelOf(edge),
    labelAt,
    points,
    undeclared: pieces.some(({ piece }) => piece.undeclared),
    backward: isBackward(pieces.map(({ piece }) => piece)),
  };
}

function labelOf(edge: Drawing["edges"][number]): string | null {
  return typeof edge.data === "string" && edge.data !== "" ? edge.data : null;
}

function withIds(edges: EdgeLine[]): EdgeLine[] {
  const seen = new Map<string, number>();
  return edges.map((edge) => {
    const times = (seen.get(edge.id) ?? 0) + 1;
    seen.set(edge.id, times);
    return times === 1 ? edge : { ...edge, id: `${edge.id}#${times}` };
  });
}

/** The line as the `d` of an SVG path: a B-spline, which stays within what dagre keeps free of boxes. */
export function linePath(points: Point[]): string {
  const [first, second] = points;
  if (!first || !second) return "";
  const text = (point: Point): string => `${round(point.x)},${round(point.y)}`;
  const last = points.at(-1) ?? second;
  if (points.length === 2) return `M${text(first)}L${text(last)}`;
  let path = `M${text(first)}L${text(blend(5, first, 1, second))}`;
  for (let at = 2; at <= points.length; at += 1) {
    const [before, here, after] = [points[at - 2] ?? last, points[at - 1] ?? last, points[at] ?? last];
    const end = { x: (before.x + 4 * here.x + after.x) / 6, y: (before.y + 4 * here.y + after.y) / 6 };
    path += `C${text(blend(2, before, 1, here))} ${text(blend(1, before, 2, here))} ${text(end)}`;
  }
  return `${path}L${text(last)}`;
}

function blend(much: number, from: Point, more: number, to: Point): Point {
  const all = much + more;
  return { x: (from.x * much + to.x * more) / all, y: (from.y * much + to.y * more) / all };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
