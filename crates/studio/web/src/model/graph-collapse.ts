// A drawing with all subgraphs open, with some of them shut again: a shut one is a single node, and lines go to it.

import { lineage, parentPath } from "./graph-paths.ts";
import type { Drawing } from "./graph.ts";

/** The subgraphs of a drawing that was made with xray, in its order. */
export function subgraphsOf(drawing: Drawing): string[] {
  const found = new Set<string>();
  for (const node of drawing.nodes) {
    const parent = parentPath(node.id);
    if (parent !== null) for (const path of lineage(parent)) found.add(path);
  }
  return [...found];
}

/** Only the subgraphs in `open` show what is in them; one within a shut one is not to be seen at all. */
export function collapse(drawing: Drawing, open: ReadonlySet<string>): Drawing {
  const subgraphs = new Set(subgraphsOf(drawing));
  const shown = (path: string): string => {
    const shut = lineage(path).find((part) => part !== path && subgraphs.has(part) && !open.has(part));
    return shut ?? path;
  };
  const nodes = new Map<string, Drawing["nodes"][number]>();
  for (const node of drawing.nodes) {
    const id = shown(node.id);
    if (id === node.id) nodes.set(id, node);
    else if (!nodes.has(id)) nodes.set(id, { id, type: "runnable" });
  }
  const edges = new Map<string, Drawing["edges"][number]>();
  for (const edge of drawing.edges) {
    const [source, target] = [shown(edge.source), shown(edge.target)];
    const inside = source === target && edge.source !== edge.target && subgraphs.has(source);
    if (inside) continue;
    const moved = source !== edge.source || target !== edge.target;
    const key = moved ? JSON.stringify([source, target, edge.data ?? null]) : JSON.stringify([source, target, edge.data ?? null, edge.conditional ?? false]);
    if (!edges.has(key)) edges.set(key, { ...edge, source, target });
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}
