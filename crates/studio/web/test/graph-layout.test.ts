// Boxes never overlap and lie in their frames, and lines begin and end at boxes: for every graph of the fixtures, and some that are harder.

import { describe, expect, it } from "vitest";
import type { Drawing } from "../src/model/graph.ts";
import { layoutGraph, linePath, type Box, type GraphLayout, type Point } from "../src/model/graph-layout.ts";
import { drawings } from "./recorded.ts";

function drawing(edges: string[], nodes: string[] = []): Drawing {
  const parsed = edges.map((text) => {
    const [source = "", arrow = "", target = "", label] = text.split(" ");
    return { source, target, conditional: arrow === "-?", data: label };
  });
  const ids = new Set([...nodes, ...parsed.flatMap(({ source, target }) => [source, target])]);
  return { nodes: [...ids].map((id) => ({ id, type: "runnable" })), edges: parsed };
}

const routes = (from: string, to: string[]): string[] => to.map((target) => `${from} -? ${target}`);
const chain = Array.from({ length: 40 }, (_, at) => `n${at} -> n${at + 1}`);
const HARD: Record<string, Drawing> = {
  empty: { nodes: [], edges: [] },
  alone: drawing([], ["a"]),
  self: drawing(["__start__ -> a", "a -> a", "a -? __end__"]),
  "forty nodes": drawing(["__start__ -> n0", ...chain, "n40 -> __end__", "n30 -? n3", "n20 -? __end__"]),
  "a fan of twenty": drawing(Array.from({ length: 20 }, (_, at) => [`__start__ -> f${at}`, `f${at} -> join`]).flat().concat("join -> __end__")),
  "labels on both routes": drawing(["__start__ -> a", "a -? b when_it_is_long", "a -? c otherwise", "b -> __end__", "c -> __end__"]),
  "subgraphs three deep": drawing([
    "__start__ -> s:__start__", "s:__start__ -> s:t:a", "s:t:a -> s:t:u:b", "s:t:u:b -? s:t:u:c", "s:t:u:c -> s:t:u:b", "s:t:u:c -> s:t:d", "s:t:d -> s:__end__", "s:__end__ -> __end__",
  ]),
  "a loop through a subgraph": drawing(["__start__ -> a", "a -> s:b", "s:b -> s:c", "s:c -> d", "d -? a", "d -? s:b", "d -? __end__"]),
  "two subgraphs": drawing(["__start__ -> s:a", "__start__ -> t:a", "s:a -> s:b", "t:a -> t:b", "s:b -> t:a", "s:b -> __end__", "t:b -> __end__"]),
  "routes to everywhere": drawing(["__start__ -> a", ...routes("a", ["a", "b", "c", "__end__"]), "b -> a", "c -> __end__"]),
  "the same edge twice": drawing(["__start__ -> a", "a -? b one", "a -? b two", "b -> __end__"]),
  "no start": drawing(["a -> b", "b -> a"]),
};
const all: [string, Drawing][] = [
  ...Object.entries(drawings).flatMap(([graph, { plain, xray }]): [string, Drawing][] => [[graph, plain], [`${graph}, open`, xray]]),
  ...Object.entries(HARD),
];

function within(inner: Box, outer: { x: number; y: number; width: number; height: number }): boolean {
  return inner.x >= outer.x - 0.5 && inner.y >= outer.y - 0.5 && inner.x + inner.width <= outer.x + outer.width + 0.5 && inner.y + inner.height <= outer.y + outer.height + 0.5;
}

function apart(a: Box, b: Box): boolean {
  return a.x + a.width <= b.x + 0.01 || b.x + b.width <= a.x + 0.01 || a.y + a.height <= b.y + 0.01 || b.y + b.height <= a.y + 0.01;
}

function touches(point: Point | undefined, box: Box | undefined): boolean {
  if (!point || !box) return false;
  const far = 1;
  return point.x >= box.x - far && point.x <= box.x + box.width + far && point.y >= box.y - far && point.y <= box.y + box.height + far;
}

/** Whether a piece of a line has a part well within a box. */
function crosses(from: Point, to: Point, box: Box): boolean {
  return Array.from({ length: 21 }, (_, part) => ({ x: from.x + ((to.x - from.x) * part) / 20, y: from.y + ((to.y - from.y) * part) / 20 })).some(
    ({ x, y }) => x > box.x + 3 && x < box.x + box.width - 3 && y > box.y + 3 && y < box.y + box.height - 3,
  );
}

function frames(layout: GraphLayout, box: Box): Set<string> {
  const found = new Set<string>();
  for (let parent = box.parent; parent !== null; parent = layout.boxes.find(({ path }) => path === parent)?.parent ?? null) found.add(parent);
  return found;
}

describe.each(all)("%s", (_, graph) => {
  const layout = layoutGraph(graph);

  it("has no two boxes over each other", () => {
    for (const [at, a] of layout.boxes.entries()) {
      for (const b of layout.boxes.slice(at + 1)) {
        const nested = frames(layout, a).has(b.path) || frames(layout, b).has(a.path);
        if (!nested) expect(apart(a, b), `${a.path} and ${b.path}`).toBe(true);
      }
    }
  });

  it("has each box within its frame, below its title", () => {
    for (const box of layout.boxes) {
      const frame = layout.boxes.find(({ path }) => path === box.parent);
      expect(within(box, frame ? { ...frame, y: frame.y + 24, height: frame.height - 24 } : { x: 0, y: 0, ...layout }), box.path).toBe(true);
    }
  });

  it("has each node once and each edge, from box to box", () => {
    expect(layout.boxes.filter(({ kind }) => kind !== "subgraph").map(({ path }) => path).toSorted()).toEqual(graph.nodes.map(({ id }) => id).toSorted());
    expect(layout.edges).toHaveLength(graph.edges.length);
    expect(new Set(layout.edges.map(({ id }) => id)).size).toBe(graph.edges.length);
    for (const edge of layout.edges) {
      expect(edge.points.length).toBeGreaterThan(1);
      expect(edge.points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
      expect(touches(edge.points[0], layout.boxes.find(({ path }) => path === edge.source)), `${edge.id} begins at its source`).toBe(true);
      expect(touches(edge.points.at(-1), layout.boxes.find(({ path }) => path === edge.target)), `${edge.id} ends at its target`).toBe(true);
      expect(linePath(edge.points)).toMatch(/^M[-\d.,]+(L|C)/);
    }
  });

  it("has no line through a box that it does not join", () => {
    for (const edge of layout.edges) {
      for (const box of layout.boxes.filter(({ kind, path }) => kind !== "subgraph" && path !== edge.source && path !== edge.target)) {
        const through = edge.points.slice(1).some((to, at) => crosses(edge.points[at] ?? to, to, box));
        expect(through, `${edge.id} through ${box.path}`).toBe(false);
      }
    }
  });

  it("has a place for each label that no box covers", () => {
    for (const edge of layout.edges.filter(({ label }) => label !== null)) {
      expect(edge.labelAt).not.toBeNull();
      const covered = layout.boxes.filter(({ kind }) => kind !== "subgraph").some((box) => touches(edge.labelAt ?? undefined, box));
      expect(covered).toBe(false);
    }
  });

  it("is the same every time", () => {
    expect(layoutGraph(structuredClone(graph))).toEqual(layout);
  });
});

describe("what is drawn of a graph", () => {
  it("runs from top to bottom, but for what leads back", () => {
    const layout = layoutGraph(drawings.chat?.plain ?? HARD.empty as Drawing);
    expect(layout.edges.filter(({ backward }) => backward).map(({ id }) => id)).toEqual(["tools->model"]);
    for (const { points, backward } of layout.edges) expect((points.at(-1)?.y ?? 0) > (points[0]?.y ?? 0)).toBe(!backward);
  });

  it("keeps what runs side by side in one row, when a loop comes back to one of it", () => {
    const loop: Drawing = {
      nodes: ["__start__", "a", "b", "join", "check", "__end__"].map((id) => ({ id, type: "runnable" })),
      edges: [
        { source: "__start__", target: "a" },
        { source: "__start__", target: "b" },
        { source: "a", target: "join" },
        { source: "b", target: "join" },
        { source: "join", target: "check" },
        { source: "check", target: "b", conditional: true },
        { source: "check", target: "__end__", conditional: true },
      ],
    };
    const layout = layoutGraph(loop);
    expect(layout.edges.filter(({ backward }) => backward).map(({ id }) => id)).toEqual(["check->b"]);
    const [a, b] = ["a", "b"].map((path) => layout.boxes.find((box) => box.path === path)?.y);
    expect(a).toBe(b);
  });

  it("has subgraphs in frames when they are open", () => {
    const layout = layoutGraph(drawings.nested?.xray ?? HARD.empty as Drawing);
    expect(layout.boxes.find(({ path }) => path === "child")).toMatchObject({ kind: "subgraph", parent: null });
    expect(layout.boxes.find(({ path }) => path === "child:c1")).toMatchObject({ kind: "node", parent: "child", name: "c1" });
  });

  it("tells of routes that nobody declared", () => {
    const layout = layoutGraph(HARD["routes to everywhere"] as Drawing);
    expect(layout.boxes.filter(({ undeclaredRoutes }) => undeclaredRoutes).map(({ path }) => path)).toEqual(["a"]);
    expect(layout.edges.filter(({ undeclared }) => undeclared).map(({ target }) => target).toSorted()).toEqual(["__end__", "a", "b", "c"]);
    for (const [name, graph] of Object.entries(drawings)) {
      expect(layoutGraph(graph.xray).boxes.filter(({ undeclaredRoutes }) => undeclaredRoutes), name).toEqual([]);
    }
  });
});
