// The store's namespaces as a tree.
import { expect, test } from "vitest";
import { namespaceFault, namespacePath, namespaceText, namespaceTree, visibleNamespaces } from "../src/model/namespace-tree.ts";

const tree = namespaceTree([["notes", "bob"], ["notes", "ada"], ["notes"], ["a", "b", "c"], ["user10"], ["user9"]]);

function rows(closed: string[]): string[] {
  return visibleNamespaces(tree, new Set(closed)).map(({ node, depth }) => `${"  ".repeat(depth)}${namespaceText(node.path)}`);
}

test("namespaces on the way are there, and say that they have no items of their own", () => {
  expect(tree.map((node) => [node.label, node.hasItems])).toEqual([
    ["a", false],
    ["notes", true],
    ["user9", true],
    ["user10", true],
  ]);
  expect(tree[0]?.children[0]?.children[0]).toMatchObject({ path: ["a", "b", "c"], hasItems: true });
});

test("what lies below a closed one is not seen", () => {
  expect(rows([])).toEqual(["a", "  a.b", "    a.b.c", "notes", "  notes.ada", "  notes.bob", "user9", "user10"]);
  expect(rows(["a", "notes"])).toEqual(["a", "notes", "user9", "user10"]);
});

test("a namespace without a label, or with an empty one, is refused", () => {
  expect(namespacePath("")).toEqual([]);
  expect(namespacePath("notes.ada")).toEqual(["notes", "ada"]);
  expect(namespaceFault("notes.ada")).toBeNull();
  expect(namespaceFault("")).toContain("at least one label");
  expect(namespaceFault("notes..ada")).toContain("empty");
  expect(namespaceFault("langgraph.x")).toContain("langgraph");
});
