// A graph as text that other tools draw: Mermaid, and an SVG that stands by itself.

import type { Drawing } from "./graph.ts";
import { layoutGraph, linePath, type Box, type EdgeLine } from "./graph-layout.ts";
import { nameOf, parentPath } from "./graph-paths.ts";

export function mermaid(drawing: Drawing): string {
  const layout = layoutGraph(drawing);
  const ids = new Map(layout.boxes.map((box, at) => [box.path, `n${at}`]));
  const lines = ["flowchart TD"];
  const put = (parent: string | null, indent: string): void => {
    for (const box of layout.boxes.filter((one) => one.parent === parent)) {
      const id = ids.get(box.path) ?? "";
      if (box.kind !== "subgraph") {
        lines.push(`${indent}${id}${mermaidShape(box)}`);
        continue;
      }
      lines.push(`${indent}subgraph ${id} [${quoted(box.name)}]`);
      put(box.path, `${indent}  `);
      lines.push(`${indent}end`);
    }
  };
  put(null, "  ");
  for (const edge of layout.edges) {
    const label = edge.label === null ? "" : `|${quoted(edge.label)}|`;
    lines.push(`  ${ids.get(edge.source) ?? ""} ${edge.conditional ? "-.->" : "-->"}${label} ${ids.get(edge.target) ?? ""}`);
  }
  return `${lines.join("\n")}\n`;
}

function mermaidShape(box: Box): string {
  if (box.kind === "start") return '(["start"])';
  if (box.kind === "end") return '(["end"])';
  return `[${quoted(box.name)}]`;
}

function quoted(text: string): string {
  return `"${text.replaceAll("&", "#amp;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;")}"`;
}

const MARGIN = 16;

export function svg(drawing: Drawing): string {
  const layout = layoutGraph(drawing);
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="${-MARGIN} ${-MARGIN} ${Math.ceil(width)} ${Math.ceil(height)}" font-family="system-ui, sans-serif" font-size="13">`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#8a8a85"/></marker></defs>',
    ...layout.boxes.map(svgBox),
    ...layout.edges.map(svgEdge),
    "</svg>",
    "",
  ].join("\n");
}

function svgBox(box: Box): string {
  const place = `x="${round(box.x)}" y="${round(box.y)}" width="${round(box.width)}" height="${round(box.height)}"`;
  const [x, y] = [round(box.x + box.width / 2), round(box.y + box.height / 2 + 4)];
  if (box.kind === "subgraph") {
    return `<rect ${place} rx="10" fill="#f4f4f2" stroke="#d8d8d4"/><text x="${round(box.x + 12)}" y="${round(box.y + 20)}" fill="#5d5d59">${escaped(box.name)}</text>`;
  }
  const pill = box.kind !== "node";
  const name = pill ? nameOf(box.path).replaceAll("_", "") : box.name;
  return `<rect ${place} rx="${pill ? box.height / 2 : 8}" fill="#fff" stroke="#b9b9b4"/><text x="${x}" y="${y}" text-anchor="middle" font-weight="600" fill="#1b1b1a">${escaped(name)}</text>`;
}

function svgEdge(edge: EdgeLine): string {
  const dashed = edge.conditional ? ' stroke-dasharray="5 4"' : "";
  const line = `<path d="${linePath(edge.points)}" fill="none" stroke="#8a8a85" stroke-width="1.4"${dashed} marker-end="url(#tip)"/>`;
  if (edge.label === null || edge.labelAt === null) return line;
  return `${line}<text x="${round(edge.labelAt.x)}" y="${round(edge.labelAt.y + 4)}" text-anchor="middle" font-size="11" fill="#5d5d59" stroke="#fff" stroke-width="3" paint-order="stroke">${escaped(edge.label)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What a file of the graph is called. */
export function exportName(graph: string, ending: "mmd" | "svg"): string {
  return `${(parentPath(graph) ?? graph).replaceAll(/[^\w.-]+/g, "-")}.${ending}`;
}
