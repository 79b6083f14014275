// A layout as the library that shows it wants it: nodes with their ends, and edges.
import { Position, type NodeHandle } from "@xyflow/react";
import type { GraphLayout } from "../model/graph-layout.ts";
import type { GraphEdge } from "./graph-edge.tsx";
import type { GraphNode } from "./graph-node.tsx";

export function nodesOf(layout: GraphLayout, subgraphs: string[]): GraphNode[] {
  return layout.boxes.map((box, order) => ({
    id: box.path,
    type: box.kind,
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
    handles: handlesOf(box),
    zIndex: box.kind === "subgraph" ? box.path.split(":").length - 20 : order,
    data: { box, shut: box.kind === "node" && subgraphs.includes(box.path) },
  }));
}

/** Where lines meet a box. Said here rather than measured: what is measured is forgotten with every new list of nodes, and the lines with it. */
function handlesOf({ width, height }: { width: number; height: number }): NodeHandle[] {
  const end = { x: width / 2, width: 1, height: 1 };
  return [
    { ...end, type: "target", position: Position.Top, y: 0 },
    { ...end, type: "source", position: Position.Bottom, y: height },
  ];
}

/** `declared`: how many of the edges the code declares; the rest was observed. */
export function edgesOf(layout: GraphLayout, declared: number): GraphEdge[] {
  return layout.edges.map((line, index) => ({ id: line.id, type: "line", source: line.source, target: line.target, data: { line, index, observed: index >= declared } }));
}
