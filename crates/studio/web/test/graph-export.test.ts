// What is exported of a graph has each node and each edge, and is well formed.

import { describe, expect, it } from "vitest";
import { exportName, mermaid, svg } from "../src/model/graph-export.ts";
import type { Drawing } from "../src/model/graph.ts";
import { drawings } from "./recorded.ts";

const odd: Drawing = {
  nodes: ["__start__", 'a "quoted" <b>&', "__end__"].map((id) => ({ id, type: "runnable" })),
  edges: [{ source: "__start__", target: 'a "quoted" <b>&' }, { source: 'a "quoted" <b>&', target: "__end__", conditional: true, data: "<if>" }],
};
const all: [string, Drawing][] = [...Object.entries(drawings).map(([name, { xray }]): [string, Drawing] => [name, xray]), ["odd names", odd]];

describe.each(all)("%s", (_, drawing) => {
  it("as Mermaid has a line for each node and edge", () => {
    const lines = mermaid(drawing).split("\n");
    expect(lines[0]).toBe("flowchart TD");
    expect(lines.filter((line) => /^ +n\d+(\[|\()/.test(line))).toHaveLength(drawing.nodes.length);
    expect(lines.filter((line) => /^ {2}n\d+ (-->|-\.->)(\|"[^"]*"\|)? n\d+$/.test(line))).toHaveLength(drawing.edges.length);
    expect(lines.filter((line) => line.includes("subgraph "))).toHaveLength(lines.filter((line) => line.trim() === "end").length);
  });

  it("as SVG is well formed", () => {
    const parsed = new DOMParser().parseFromString(svg(drawing), "image/svg+xml");
    expect(parsed.querySelector("parsererror")).toBeNull();
    expect(parsed.querySelectorAll('path[marker-end="url(#tip)"]')).toHaveLength(drawing.edges.length);
    expect(svg(drawing)).not.toContain("NaN");
  });
});

describe("a name of a file", () => {
  it("has nothing that files may not have", () => {
    expect(exportName("my graph/2", "svg")).toBe("my-graph-2.svg");
  });
});
