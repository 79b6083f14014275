// Subgraphs shut and open, and where arrow keys lead, as tables.
import { describe, expect, it } from "vitest";
import { collapse, subgraphsOf } from "../src/model/graph-collapse.ts";
import { steer, type Arrow } from "../src/model/graph-steer.ts";
import type { Drawing } from "../src/model/graph.ts";

const NESTED: Drawing = {
  nodes: ["__start__", "before", "child:a", "child:deep:x", "child:deep:y", "after", "__end__"].map((id) => ({ id, type: "runnable" })),
  edges: [
    { source: "__start__", target: "before" },
    { source: "before", target: "child:a" },
    { source: "child:a", target: "child:deep:x", conditional: true },
    { source: "child:deep:x", target: "child:deep:y" },
    { source: "child:deep:y", target: "child:a", conditional: true },
    { source: "child:deep:y", target: "after" },
    { source: "after", target: "after", conditional: true },
    { source: "after", target: "__end__" },
  ],
};

function shape(drawing: Drawing): { nodes: string[]; edges: string[] } {
  return { nodes: drawing.nodes.map((node) => node.id), edges: drawing.edges.map((edge) => `${edge.source}>${edge.target}`) };
}

describe("a drawing with subgraphs", () => {
  it("has them in its order, what holds others first", () => {
    expect(subgraphsOf(NESTED)).toEqual(["child", "child:deep"]);
  });

  it("shows a shut one as one node, without its inner lines", () => {
    expect(shape(collapse(NESTED, new Set()))).toEqual({
      nodes: ["__start__", "before", "child", "after", "__end__"],
      edges: ["__start__>before", "before>child", "child>after", "after>after", "after>__end__"],
    });
  });

  it("shows what is within an open one, and shut ones in it", () => {
    expect(shape(collapse(NESTED, new Set(["child"])))).toEqual({
      nodes: ["__start__", "before", "child:a", "child:deep", "after", "__end__"],
      edges: ["__start__>before", "before>child:a", "child:a>child:deep", "child:deep>child:a", "child:deep>after", "after>after", "after>__end__"],
    });
  });

  it("does not open what lies in a shut one", () => {
    expect(collapse(NESTED, new Set(["child:deep"]))).toEqual(collapse(NESTED, new Set()));
  });

  it("is itself when all are open", () => {
    expect(collapse(NESTED, new Set(["child", "child:deep"]))).toEqual(NESTED);
  });
});

describe("arrow keys", () => {
  //     top
  //  left  right
  //     low
  const boxes = [
    { path: "top", x: 100, y: 0, width: 100, height: 50 },
    { path: "left", x: 20, y: 100, width: 100, height: 50 },
    { path: "right", x: 180, y: 100, width: 100, height: 50 },
    { path: "low", x: 100, y: 200, width: 100, height: 50 },
  ];
  const rows: [string, Arrow, string | null][] = [
    ["top", "ArrowDown", "left"],
    ["left", "ArrowRight", "right"],
    ["right", "ArrowLeft", "left"],
    ["right", "ArrowDown", "low"],
    ["low", "ArrowUp", "left"],
    ["top", "ArrowUp", null],
    ["left", "ArrowLeft", null],
    ["gone", "ArrowDown", "top"],
  ];
  it.each(rows)("from %s with %s to %s", (from, arrow, to) => expect(steer(boxes, from, arrow)).toBe(to));
});
