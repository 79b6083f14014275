// What is listed of a JSON value when parts of it are open.

import { expect, test } from "vitest";
import { allOpen, firstOpen, jsonRows, preview } from "../src/model/json-rows.ts";

const none = { open: new Set<string>(), pages: new Map<string, number>() };

test("a value that is folded is one line", () => {
  expect(jsonRows({ a: 1 }, none).map((row) => row.kind)).toEqual(["folded"]);
});

test("what is open has a line for each child, and commas as in JSON", () => {
  const rows = jsonRows({ a: [1, 2], "b/c": "x" }, { ...none, open: new Set(["", "/a"]) });
  expect(rows.map((row) => [row.path, row.kind, row.depth, row.comma])).toEqual([
    ["", "open", 0, false],
    ["/a", "open", 1, false],
    ["/a/0", "leaf", 2, true],
    ["/a/1", "leaf", 2, false],
    ["/a", "close", 1, true],
    ["/b~1c", "leaf", 1, false],
    ["", "close", 0, false],
  ]);
});

test("a long list shows its first page and how many more there are", () => {
  const rows = jsonRows(Array.from({ length: 1000 }, (_, n) => n), { ...none, open: new Set([""]) });
  expect(rows).toHaveLength(203);
  expect(rows[201]).toMatchObject({ kind: "more", hidden: 800 });
  const next = jsonRows(Array.from({ length: 1000 }, (_, n) => n), { open: new Set([""]), pages: new Map([["", 5]]) });
  expect(next).toHaveLength(1002);
});

test("what is open at first is few lines, the outermost first", () => {
  const value = { a: { b: { c: 1 } }, list: Array.from({ length: 500 }, (_, n) => ({ n })) };
  const open = firstOpen(value, 60);
  expect(open.has("")).toBe(true);
  expect(open.has("/a/b")).toBe(true);
  expect(open.has("/list")).toBe(false);
  expect(allOpen(value).has("/list/100")).toBe(true);
});

test("five megabytes are listed without walking through them", () => {
  const value = { big: Array.from({ length: 200_000 }, (_, n) => ({ n, text: "some text in it" })) };
  const began = performance.now();
  jsonRows(value, { ...none, open: firstOpen(value, 60) });
  preview(value);
  expect(performance.now() - began).toBeLessThan(100);
});

test("a preview is on one line and cut", () => {
  expect(preview({ id: 4471, tags: ["a", null] })).toBe('{id: 4471, tags: ["a", null]}');
  expect(preview({ text: "x".repeat(100) }, 20)).toHaveLength(21);
});

test("all is open of a list that is longer than what is listed of it at first", () => {
  const long = { log: Array.from({ length: 50_000 }, (_, at) => `line ${at}`) };
  expect(allOpen(long)).toEqual(new Set(["", "/log"]));
  const rows = jsonRows(long, { open: allOpen(long), pages: new Map() });
  expect(rows.find((row) => row.kind === "more")?.hidden).toBe(50_000 - 200);
});
