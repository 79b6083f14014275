// What is typed to find threads.

import { expect, test } from "vitest";
import { markedPieces, parseThreadSearch } from "../src/model/thread-search.ts";

test.each([
  ["", { metadata: {}, ids: [], words: [] }],
  ["Refund order", { metadata: {}, ids: [], words: ["refund", "order"] }],
  ["graph:chat user=ada", { metadata: { graph_id: "chat", user: "ada" }, ids: [], words: [] }],
  ["tier=2 paid=true", { metadata: { tier: 2, paid: true }, ids: [], words: [] }],
  ['name:"my thread" x', { metadata: { name: "my thread" }, ids: [], words: ["x"] }],
  ["metadata.owner:a", { metadata: { owner: "a" }, ids: [], words: [] }],
  ["01a21e21-7a31-73eb-b32b-3fd3dd4099af", { metadata: {}, ids: ["01a21e21-7a31-73eb-b32b-3fd3dd4099af"], words: [] }],
])("%s", (text, search) => {
  expect(parseThreadSearch(text)).toEqual(search);
});

test("an id beside words is one of them", () => {
  const id = "01a21e21-7a31-73eb-b32b-3fd3dd4099af";
  expect(parseThreadSearch(`order ${id}`)).toEqual({ metadata: {}, ids: [], words: ["order", id] });
});

test("every second piece of a text is what was looked for", () => {
  expect(markedPieces("Where is ORDER (4471)?", ["order", "(4471)"])).toEqual(["Where is ", "ORDER", " ", "(4471)", "?"]);
  expect(markedPieces("nothing", ["a.b"])).toEqual(["nothing"]);
});
