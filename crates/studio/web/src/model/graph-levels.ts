// The frames of a drawing (the whole graph and each subgraph in it), and which piece of which edge lies in which frame.

import type { Drawing } from "./graph.ts";
import { nameOf, parentPath } from "./graph-paths.ts";

/** The piece of an edge that lies in one frame. */
export interface Lifted {
  id: string;
  /** Of the edge in the drawing. */
  index: number;
  /** From the source out to the frame's border, between two boxes of a frame, or from the border in to the target. */
  part: "out" | "across" | "in";
  from: string;
  to: string;
  backward: boolean;
  label: string | null;
  undeclared: boolean;
}

/** Where an edge goes through the border of a frame. */
export interface Port {
  id: string;
  side: "top" | "bottom";
}

export interface Level {
  /** "" for the whole graph. */
  path: string;
  depth: number;
  /** Nodes and frames directly in it. */
  children: string[];
  ports: Port[];
  edges: Lifted[];
  /** Nodes whose routes nobody declared: each other node is drawn as a target. */
  undeclared: Set<string>;
}

/** From the outside in. */
export function levelsOf(drawing: Drawing): Level[] {
  const levels = framesOf(drawing);
  drawing.edges.forEach((edge, index) => liftEdge(levels, edge, index));
  for (const level of levels.values()) {
    markUndeclared(level, drawing);
    markBackward(level);
  }
  // Ports lie where the piece between the boxes says: that piece is known only now.
  const across = [...levels.values()].flatMap((level) => level.edges).filter((edge) => edge.part === "across");
  const whole = new Map(across.map((edge) => [edge.index, edge]));
  for (const level of levels.values()) addPorts(level, whole);
  return [...levels.values()].toSorted((a, b) => a.depth - b.depth);
}

export function isBackward(pieces: Lifted[]): boolean {
  return pieces.some((piece) => piece.part === "across" && piece.backward);
}

function framesOf(drawing: Drawing): Map<string, Level> {
  const levels = new Map<string, Level>();
  const frame = (path: string): Level => {
    const known = levels.get(path);
    if (known) return known;
    const level: Level = { path, depth: path === "" ? 0 : path.split(":").length, children: [], ports: [], edges: [], undeclared: new Set() };
    levels.set(path, level);
    if (path !== "") addChild(frame(parentPath(path) ?? ""), path);
    return level;
  };
  frame("");
  for (const { id } of drawing.nodes) addChild(frame(parentPath(id) ?? ""), id);
  // An edge to what is not there would be a line to nowhere.
  for (const { source, target } of drawing.edges) {
    for (const id of [source, target]) if (!levels.has(id)) addChild(frame(parentPath(id) ?? ""), id);
  }
  return levels;
}

function addChild(level: Level, path: string): void {
  if (!level.children.includes(path)) level.children.push(path);
}

/** The frames around a node, from the outermost, and what of each holds the node. */
function holders(path: string): { frame: string; child: string }[] {
  const names = path.split(":");
  return names.map((_, at) => ({ frame: names.slice(0, at).join(":"), child: names.slice(0, at + 1).join(":") }));
}

function liftEdge(levels: Map<string, Level>, edge: Drawing["edges"][number], index: number): void {
  const [from, to] = [holders(edge.source), holders(edge.target)];
  let common = 0;
  while (common + 1 < Math.min(from.length, to.length) && from[common]?.child === to[common]?.child) common += 1;
  const label = typeof edge.data === "string" && edge.data !== "" ? edge.data : null;
  const put = (part: Lifted["part"], frame: string, source: string, target: string): void => {
    const piece = { id: `${part}:${index}`, index, part, from: source, to: target, backward: false, undeclared: false };
    levels.get(frame)?.edges.push({ ...piece, label: part === "across" ? label : null });
  };
  const [source, target] = [from[common], to[common]];
  if (!source || !target) return;
  put("across", source.frame, source.child, target.child);
  for (const { frame, child } of from.slice(common + 1)) put("out", frame, child, `port:out:${index}`);
  for (const { frame, child } of to.slice(common + 1)) put("in", frame, `port:in:${index}`, child);
}

/**
 * A router without declared routes is drawn with an edge to every node there is, itself too, and to the end. Nobody writes that on purpose
 * in a graph of some size.
 */
function markUndeclared(level: Level, drawing: Drawing): void {
  const nodes = level.children.filter((path) => !nameOf(path).startsWith("__"));
  const ends = level.children.filter((path) => nameOf(path) === "__end__");
  for (const source of level.children) {
    const routes = level.edges.filter((edge) => edge.part === "across" && edge.from === source && drawing.edges[edge.index]?.conditional && edge.label === null);
    const targets = new Set(routes.map((edge) => edge.to));
    const everywhere = [...nodes, ...ends].every((path) => targets.has(path));
    const large = source === "__start__" ? nodes.length > 2 : nodes.length > 1;
    if (!everywhere || !large) continue;
    level.undeclared.add(source);
    for (const route of routes) route.undeclared = true;
  }
}

/**
 * Marks the edges that lead back. Depth first, one that goes to a node from which one came; but where a loop enters the middle of what ran
 * side by side, that turns the way into it around. Near to far from the start does not, and is taken where it marks no more edges.
 */
function markBackward(level: Level): void {
  // What nobody declared says nothing about the order.
  const edges = level.edges.filter((edge) => edge.part === "across").toSorted((a, b) => Number(a.undeclared) - Number(b.undeclared));
  const first = level.children.filter((path) => nameOf(path) === "__start__");
  const entered = new Set(edges.map((edge) => edge.to));
  const roots = [...first, ...level.children.filter((path) => !entered.has(path)), ...level.children];
  const outOf = new Map<string, Lifted[]>();
  for (const edge of edges) {
    const out = outOf.get(edge.from);
    if (out) out.push(edge);
    else outOf.set(edge.from, [edge]);
  }
  const deep = depthFirst(roots, outOf);
  const near = nearFirst(roots, edges, outOf);
  for (const edge of near.size <= deep.size ? near : deep) edge.backward = true;
}

function depthFirst(roots: string[], outOf: ReadonlyMap<string, Lifted[]>): Set<Lifted> {
  const backward = new Set<Lifted>();
  const open = new Set<string>();
  const done = new Set<string>();
  const visit = (node: string): void => {
    open.add(node);
    for (const edge of outOf.get(node) ?? []) {
      if (open.has(edge.to)) backward.add(edge);
      else if (!done.has(edge.to)) visit(edge.to);
    }
    open.delete(node);
    done.add(node);
  };
  for (const node of roots) if (!done.has(node)) visit(node);
  return backward;
}

/** Of the edges of a loop those that do not lead farther from the start. */
function nearFirst(roots: string[], edges: Lifted[], outOf: ReadonlyMap<string, Lifted[]>): Set<Lifted> {
  const places = new Map<string, number>();
  for (const root of roots) for (const node of reachedFrom(root, outOf, places)) places.set(node, places.size);
  return new Set(edges.filter(({ from, to }) => (places.get(to) ?? 0) <= (places.get(from) ?? 0) && reachedFrom(to, outOf).includes(from)));
}

/** From the nearest on; what is known already is not gone through again. */
function reachedFrom(root: string, outOf: ReadonlyMap<string, Lifted[]>, known: ReadonlyMap<string, number> = new Map()): string[] {
  const reached = known.has(root) ? [] : [root];
  const seen = new Set(reached);
  for (const node of reached) {
    for (const { to } of outOf.get(node) ?? []) {
      if (seen.has(to) || known.has(to)) continue;
      seen.add(to);
      reached.push(to);
    }
  }
  return reached;
}

function addPorts(level: Level, whole: Map<number, Lifted>): void {
  for (const edge of level.edges) {
    if (edge.part === "across") continue;
    edge.backward = whole.get(edge.index)?.backward ?? false;
    edge.undeclared = whole.get(edge.index)?.undeclared ?? false;
    const leavesBelow = edge.part === "out" ? !edge.backward : edge.backward;
    level.ports.push({ id: edge.part === "out" ? edge.to : edge.from, side: leavesBelow ? "bottom" : "top" });
  }
}
